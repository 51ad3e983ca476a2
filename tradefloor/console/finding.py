"""Where an actor is: by its path, by a pattern, or by what its agent is called."""

from typing import Final

from attrs import frozen
from rich.text import Text

from tradefloor.operating.async_connection import AsyncConnection
from tradefloor.operating.connection import ACTORS, API, NotThere
from tradefloor.operating.tables import count, state

FOUND_MAX: Final = 100
WILD: Final = frozenset("*?[]")


@frozen
class Found:
    """An actor that may be meant, and how it is shown."""

    path: str
    label: Text


async def find(floor: AsyncConnection, text: str) -> tuple[Found, ...]:
    """Look for actors by a path or pattern, which begins with `/`, or else for agents by name or by part of their id.

    Raises Refused, for a path that cannot be one, and NotReached.
    """
    if text.startswith("/") or not text:
        return await _actors(floor, text or "/")
    named = await floor.get(f"{API}/agents", search=text, limit=FOUND_MAX)
    by_name = tuple(
        Found(f"/agents/{agent['agentId']}", Text.assemble(agent["name"], "  ", state(agent["status"])))
        for agent in named["items"]
    )
    return by_name or await _actors(floor, f"/agents/*{''.join(c for c in text if c not in WILD)}*")


async def _actors(floor: AsyncConnection, pattern: str) -> tuple[Found, ...]:
    try:
        listing = await floor.get(ACTORS, path=pattern, sort="mailbox", limit=FOUND_MAX)
    except NotThere:
        return ()
    return tuple(
        Found(row["path"], Text.assemble(row["path"], "  ", state(row["state"]), f"  {count(row['mailbox'])} waiting"))
        for row in listing["items"]
    )
