"""What a benchmark says: figures, each with its ratio to a bound measured in the same run, as a table or as JSON."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


@frozen
class Figure:
    """One measured value. `bound` is what it is compared with, measured in the same run and in the same unit.

    `ratio_min` is the least `value / bound` that we want; `value_max` the most that the value itself may be.
    """

    name: str
    value: float
    unit: str
    bound: float | None = None
    bound_name: str | None = None
    ratio_min: float | None = None
    value_max: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return the value as a multiple of its bound."""
        return None if not self.bound else self.value / self.bound

    @property
    def is_met(self) -> bool | None:
        """Say whether the figure is what we want; None where nothing was asked of it."""
        if self.ratio_min is not None and self.ratio is not None:
            return self.ratio >= self.ratio_min
        if self.value_max is not None:
            return self.value <= self.value_max
        return None


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Return the figures as JSON documents."""
    return [
        {
            "name": figure.name,
            "value": round(figure.value, 3),
            "unit": figure.unit,
            "bound": None if figure.bound is None else round(figure.bound, 3),
            "boundName": figure.bound_name,
            "ratio": None if figure.ratio is None else round(figure.ratio, 3),
            "ratioMin": figure.ratio_min,
            "valueMax": figure.value_max,
            "met": figure.is_met,
        }
        for figure in figures
    ]


def print_table(title: str, figures: Sequence[Figure], console: Console) -> None:
    """Print the figures for people, also into 80 columns; what no figure has gets no column."""
    columns = {
        "figure": [figure.name for figure in figures],
        "value": [_number(figure.value) for figure in figures],
        "unit": [figure.unit for figure in figures],
        "bound": [
            "" if figure.bound is None else f"{figure.bound_name}: {_number(figure.bound)}" for figure in figures
        ],
        "ratio": ["" if figure.ratio is None else f"{figure.ratio:.2f}" for figure in figures],
        "wanted": [_wanted(figure) for figure in figures],
        "": [{None: "", True: "[green]met", False: "[red]missed"}[figure.is_met] for figure in figures],
    }
    shown = {heading: cells for heading, cells in columns.items() if any(cells)}
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0)
    for heading in shown:
        table.add_column(
            heading,
            justify="right" if heading in {"value", "bound", "ratio", "wanted"} else "left",
            no_wrap=heading not in {"figure", "bound"},
        )
    for row in zip(*shown.values(), strict=True):
        table.add_row(*row)
    console.print(table)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def _wanted(figure: Figure) -> str:
    if figure.ratio_min is not None:
        return f">= {figure.ratio_min:.2f}"
    return "" if figure.value_max is None else f"<= {_number(figure.value_max)}"
