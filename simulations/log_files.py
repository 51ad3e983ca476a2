"""The names of the files of a run: what ran and how it went, and the logs of its events."""

from typing import Final

from simulations.division import Floor

RUN_FILE: Final = "run.json"
FILE_NAME: Final = "events.jsonl"


def file_name(floor: Floor) -> str:
    """Return the name of a floor's log: that of the run where there is one floor, else one with its number."""
    return FILE_NAME if floor.of == 1 else f"events-{floor.number + 1}.jsonl"
