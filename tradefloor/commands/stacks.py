"""`tradefloor stacks`: at which lines the tasks of a running floor wait."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import click
from rich.console import Group, RenderableType
from rich.text import Text

from tradefloor.operating.connection import Place
from tradefloor.operating.options import floor_options, show, watched

STACKS: Final = "/admin/v1/stacks"


@click.command()
@click.argument("path", default="/")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Different stacks at most.")
@watched
@floor_options
def stacks(place: Place, path: str, limit: int, *, as_json: bool, watch: bool) -> None:
    """Show where the tasks of PATH and below wait, those that wait alike as one stack, the most frequent first.

    Without PATH all tasks are shown, also those that are no actor's.
    """
    show(
        place,
        lambda floor: floor.get(STACKS, path=path, limit=limit),
        lambda answer: Group(*_parts(answer)),
        as_json=as_json,
        watch=watch,
    )


def _parts(answer: Mapping[str, Any]) -> Iterator[RenderableType]:
    for stack in answer["items"]:
        yield _heading(stack)
        for line in stack["lines"]:
            place, _, function = line.rpartition(" in ")
            yield Text.assemble("    ", (place, "dim"), f" {function}")
        yield Text()
    shown = len(answer["items"])
    if not answer["total"]:
        yield Text("No task runs there: its actors are passive, and the next message starts them.")
    else:
        tasks = "task" if answer["total"] == 1 else "tasks"
        yield Text(f"{answer['total']:,} {tasks}; {shown:,} of {answer['different']:,} different stacks", "dim")


def _heading(stack: Mapping[str, Any]) -> Text:
    names = [_named(name) for name in stack["names"]]
    more = stack["tasks"] - len(names)
    told = ", ".join(names) + (f" and {more:,} more" if more else "")
    return Text.assemble((f"{stack['tasks']:,} x ", "bold cyan"), (told, "bold"))


def _named(name: Mapping[str, Any]) -> str:
    """Return a task by its name, and by the actor that it belongs to where the name does not say so."""
    task, actor = str(name["task"]), name["actor"]
    return task if actor is None or task.startswith(actor) else f"{task} ({actor})"
