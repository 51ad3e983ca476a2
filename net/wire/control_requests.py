"""What is asked of the control plane: which actors, in what order, how many, and why."""

from typing import Annotated, Final

from attrs import frozen

from net.wire.rules import Choice, Doc, Integer, ListOf, Text
from supervisor import Activity, Sort, WindowSort

TARGET: Final = Text(
    max_length=512,
    pattern=r"^/[^\x00-\x1f\x7f]*$",
    wanted="a path such as /agents/agt_1, or a pattern such as /agents/*",
)
WHY: Final = Text(max_length=500)


@frozen
class ActorsQuery:
    """Which actors are listed."""

    path: Annotated[str, TARGET, Doc("Those at or below what this path or pattern names.", "/agents/*")] = "/"
    state: Annotated[
        tuple[Activity, ...] | None,
        ListOf(Choice(Activity), len(Activity), min_items=1),
        Doc("Only those in one of these states, with commas between them.", "failed,paused"),
    ] = None
    sort: Annotated[Sort, Choice(Sort), Doc("By what they are sorted, the largest first.", "mailbox")] = Sort.MAILBOX
    limit: Annotated[int, Integer(1, 1_000), Doc("How many at most.", 50)] = 50


@frozen
class TopQuery:
    """Which actors are ranked, by what they do in which windows."""

    path: Annotated[str, TARGET, Doc("Those at or below what this path or pattern names.", "/agents/*")] = "/"
    sort: Annotated[WindowSort, Choice(WindowSort), Doc("By what, the largest first.", "rate")] = WindowSort.RATE
    limit: Annotated[int, Integer(1, 1_000), Doc("How many at most.", 50)] = 50
    interval_ms: Annotated[int, Integer(200, 60_000), Doc("How long a window is.", 200)] = 1_000
    windows: Annotated[int | None, Integer(1, 1_000_000), Doc("End after so many. Left out: go on.", 1)] = None


@frozen
class TreeQuery:
    """Which part of the tree is shown."""

    path: Annotated[str, TARGET, Doc("The node at the top.", "/agents")] = "/"
    depth: Annotated[int, Integer(0, 64), Doc("How many levels below it.", 2)] = 2
    limit: Annotated[int, Integer(1, 10_000), Doc("How many nodes at most, the upper ones first.", 1_000)] = 1_000


@frozen
class InspectQuery:
    """Which node is shown, and how much of its mailbox."""

    path: Annotated[str, TARGET, Doc("Where it is.", "/journal")]
    messages: Annotated[int, Integer(0, 100), Doc("So many of the messages that wait.", 0)] = 0


@frozen
class PartQuery:
    """Which part of the tree is meant."""

    path: Annotated[str, TARGET, Doc("What this path or pattern names, with all below it.", "/agents")] = "/"


@frozen
class LettersQuery:
    """How many dead letters are shown."""

    limit: Annotated[int, Integer(1, 1_000), Doc("How many at most, the newest.", 50)] = 50


@frozen
class TraceQuery:
    """What is traced, and how much of it."""

    path: Annotated[str, TARGET, Doc("The actors that this path or pattern names, with all below it.", "/agents/*")]
    count: Annotated[int, Integer(1, 10_000), Doc("End after so many messages.", 100)] = 100
    per_second: Annotated[int, Integer(1, 1_000), Doc("Take no more than so many a second.", 50)] = 50
    seconds: Annotated[int, Integer(1, 600), Doc("End after so long.", 10)] = 10
    reason: Annotated[str, WHY, Doc("Why, for the audit.", "looking for the slow one")] = "not said"


@frozen
class ControlBody:
    """What is to be done to which actors, and why."""

    path: Annotated[str, TARGET, Doc("What this path or pattern names, with all below it.", "/agents/agt_2c9f4e1ab07d")]
    reason: Annotated[str, WHY, Doc("Why, for the audit.", "odd prices since noon")]


@frozen
class StacksQuery:
    """Whose stacks are shown, and how many different ones."""

    path: Annotated[str, TARGET, Doc("Of what this path or pattern names, with all below it.", "/market")] = "/"
    limit: Annotated[int, Integer(1, 1_000), Doc("How many different ones at most.", 50)] = 50
