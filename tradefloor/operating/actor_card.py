"""All that is known of one actor, as a terminal shows it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tradefloor.operating.tables import age, count, facts_grid, state, table


def actor_card(told: Mapping[str, Any]) -> Group:
    """Show what the control plane's `inspect` answered."""
    return Group(*_parts(told))


def _parts(told: Mapping[str, Any]) -> Iterator[RenderableType]:
    yield Text.assemble((told["path"], "bold"), "  ", state(told["state"]), f"  {told['actorClass'] or told['kind']}")
    yield _facts(told)
    if told["handledByType"]:
        handled = table("handled", "messages", numbers=("messages",))
        for kind, number in sorted(told["handledByType"].items(), key=lambda pair: -pair[1]):
            handled.add_row(kind, count(number))
        yield handled
    if told["inspect"]:
        inside = table("inside", "value")
        for name, value in told["inspect"].items():
            inside.add_row(name, value if isinstance(value, str) else json.dumps(value))
        yield inside
    if told["messages"]:
        waiting = table("waiting", "age", "asks", "message", numbers=("age",))
        for message in told["messages"]:
            asks = "yes" if message["asks"] else ""
            waiting.add_row(message["type"], age(message["ageSeconds"]), asks, message["message"])
        yield waiting
    if told["events"]:
        events = table("ago", "event", numbers=("ago",))
        for event in told["events"]:
            events.add_row(age(event["agoSeconds"]), event["event"])
        yield events


def _facts(told: Mapping[str, Any]) -> Table:
    facts = facts_grid()
    for name, told_of_it in (_work(told) if told["kind"] == "actor" else {}).items():
        facts.add_row(name, told_of_it)
    facts.add_row("restarts", f"{told['restarts']:,}, {told['restartsLeft']:,} left; {told['restart']}")
    if told["failure"]:
        facts.add_row("failure", Text(told["failure"], "red"))
    if told["strategy"]:
        facts.add_row("supervises", f"{told['children']:,} children, {told['strategy']}")
    if told["watchedBy"]:
        facts.add_row("watched by", ", ".join(told["watchedBy"]))
    if told["restartsWith"]:
        facts.add_row("restarts with", ", ".join(told["restartsWith"]))
    if told["tasks"] or told["timers"]:
        facts.add_row("besides", f"{told['tasks']:,} tasks, {told['timers']:,} timers")
    return facts


def _work(told: Mapping[str, Any]) -> dict[str, str]:
    """Say what an actor does, and has to do; a supervisor is no task and has neither."""
    in_hand = "nothing" if told["inHand"] is None else f"{told['inHand']} for {age(told['inHandSeconds'])}"
    waits = ", ".join(
        f"{wait['target']} ({wait['message']}, {age(wait['leftSeconds'])} left)" for wait in told["waits"]
    )
    capacity = "" if told["capacity"] is None else f" of {told['capacity']:,} ({told['overflow']})"
    oldest = f", oldest {age(told['oldestAgeSeconds'])}" if told["mailbox"] else ""
    return {
        "in hand": in_hand,
        "waits for": waits or "nobody",
        "mailbox": f"{told['mailbox']:,}{capacity}{oldest}",
        "handled": f"{told['handled']:,}, skipped {told['skipped']:,}, busy {age(told['busySeconds'])} in all",
    }
