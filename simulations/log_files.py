"""The names of the files that the logs of a run are written to."""

from typing import Final

from simulations.division import Floor

FILE_NAME: Final = "events.jsonl"


def file_name(floor: Floor) -> str:
    """Return the name of a floor's log: that of the run where there is one floor, else one with its number."""
    return FILE_NAME if floor.of == 1 else f"events-{floor.number + 1}.jsonl"
