"""`tradefloor agents`: the agents of a running floor, and their lives."""

from collections.abc import Mapping
from typing import Any

import click
from rich.console import RenderableType
from rich.text import Text

from tradefloor.numbers import FiniteRange
from tradefloor.operating.connection import API, Place
from tradefloor.operating.options import floor_options, show, shown, watched
from tradefloor.operating.tables import dollars, is_wide, state, table

AGENTS = f"{API}/agents"


@click.group()
def agents() -> None:
    """List agents, make them, and pause, resume, stop or delete them."""


@agents.command("list")
@click.option("--status", type=click.Choice(["paused", "active", "stopped", "failed"]), help="Only these.")
@click.option("--search", help="Only those with this in their name.")
@click.option("--limit", type=click.IntRange(1, 100), default=50, show_default=True, help="How many at most.")
@watched
@floor_options
def list_agents(
    place: Place, status: str | None, search: str | None, limit: int, *, as_json: bool, watch: bool
) -> None:
    """List agents, the newest first."""
    show(
        place,
        lambda floor: floor.get(AGENTS, status=status, search=search, limit=limit),
        _table,
        as_json=as_json,
        watch=watch,
    )


@agents.command("create")
@click.argument("name")
@click.option("--strategy", default="balanced", show_default=True, help="balanced, aggressive, conservative or custom.")
@click.option("--budget", type=FiniteRange(), default=100_000, show_default=True, help="Dollars, 100 to 100,000.")
@click.option("--risk", type=int, default=5, show_default=True, help="Risk tolerance, 1 to 10.")
@click.option("--threshold", type=FiniteRange(), help="Trades above so many dollars need approval.")
@shown
@floor_options
def create_agent(
    place: Place, name: str, strategy: str, budget: float, risk: int, threshold: float | None, *, as_json: bool
) -> None:
    """Make an agent called NAME; it is paused at first."""
    body = {"name": name, "strategy": strategy, "initialBudget": budget, "riskTolerance": risk}
    if threshold is not None:
        body["oversightThreshold"] = threshold
    show(place, lambda floor: floor.post(AGENTS, body), _line, as_json=as_json)


def _verb(name: str, doing: str) -> click.Command:
    @click.command(name, help=f"{doing} the agent AGENT_ID.")
    @click.argument("agent_id")
    @shown
    @floor_options
    def command(place: Place, agent_id: str, *, as_json: bool) -> None:
        show(place, lambda floor: floor.post(f"{AGENTS}/{agent_id}/{name}"), _line, as_json=as_json)

    return command


agents.add_command(_verb("pause", "Let its owner trade by hand only:"))
agents.add_command(_verb("resume", "Let trade by itself"))
agents.add_command(_verb("stop", "Sell all that it holds, for good:"))


@agents.command("delete")
@click.argument("agent_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@shown
@floor_options
def delete_agent(place: Place, agent_id: str, *, yes: bool, as_json: bool) -> None:
    """Delete the agent AGENT_ID; its events stay."""
    if not yes:
        click.confirm(f"delete {agent_id}?", abort=True, err=True)
    show(
        place,
        lambda floor: floor.delete(f"{AGENTS}/{agent_id}"),
        lambda _: Text(f"{agent_id} is deleted."),
        as_json=as_json,
    )


def _table(answer: Mapping[str, Any]) -> RenderableType:
    if not answer["items"]:
        return Text("There are no such agents; tradefloor agents create NAME makes one.")
    wide = is_wide()
    columns = (
        ("agent", "status", "strategy", "equity", "cash", "name") if wide else ("agent", "status", "equity", "name")
    )
    listing = table(*columns, numbers=("equity", "cash"))
    for agent in answer["items"]:
        cells = {
            "agent": agent["agentId"],
            "status": state(agent["status"]),
            "strategy": agent["strategy"],
            "equity": dollars(agent["portfolio"]["value"]),
            "cash": dollars(agent["portfolio"]["cash"]),
            "name": agent["name"],
        }
        listing.add_row(*(cells[column] for column in columns))
    if answer["nextCursor"] is not None:
        listing.caption = "There are more: --limit, --status and --search narrow them down"
        listing.caption_justify = "left"
    return listing


def _line(agent: Mapping[str, Any]) -> Text:
    worth = dollars(agent["portfolio"]["value"])
    return Text.assemble((agent["agentId"], "bold"), "  ", state(agent["status"]), f"  {agent['name']}, {worth}")
