"""What a report adds to the folder of a run: the page, and the tables as files."""

from pathlib import Path
from typing import Final

from simulations.reports.fills import fills_of
from simulations.reports.report import page_of
from simulations.reports.tables import tables_of, write
from simulations.result import RunResult

REPORT_FILE: Final = "report.html"


def save_report(result: RunResult, folder: Path) -> Path:
    """Write the report of a run and its tables into a folder; return the page. Raises OSError."""
    page = folder / REPORT_FILE
    page.write_text(page_of(result).render(), "utf-8")
    write(tables_of(result, fills_of(result)), folder)
    return page
