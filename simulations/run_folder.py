"""The folder of a run: `run.json` says what ran and how it went, `events.jsonl` or one log a floor holds the events."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from simulations.division import floors
from simulations.log_files import RUN_FILE, file_name
from simulations.result import RunResult, summary
from simulations.scenario import Document, Scenario, parse, to_tables


class NoRunError(ValueError):
    """A folder holds no run, or one that this version does not understand."""


@frozen
class SavedRun:
    """What a folder says of a run: the summary as in `run.json`, and the scenario that was run."""

    folder: Path
    summary: Mapping[str, Any]
    scenario: Scenario
    files: Path | None

    @property
    def logs(self) -> list[Path]:
        """The logs of the events on its floors."""
        return [self.folder / file_name(floor) for floor in floors(self.scenario.floors)]


def save(result: RunResult, folder: Path, files: Path | None) -> None:
    """Write `run.json`; a scenario's files of prices count from `files`. Raises OSError."""
    document = {
        **summary(result),
        "scenarioFiles": None if files is None else str(files),
        "scenarioTables": to_tables(result.scenario),
    }
    (folder / RUN_FILE).write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def load(folder: Path) -> SavedRun:
    """Return the run in a folder. Raises NoRunError."""
    try:
        document = json.loads((folder / RUN_FILE).read_text("utf-8"))
        files = document.pop("scenarioFiles")
        tables = document.pop("scenarioTables")
        scenario = parse(Document(str(folder / RUN_FILE), tables))
    except (OSError, ValueError, KeyError) as error:
        raise NoRunError(f"{folder} holds no run that can be read: {error}") from error
    return SavedRun(folder, document, scenario, None if files is None else Path(files))
