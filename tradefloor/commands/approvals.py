"""`tradefloor approvals`: what waits for a human, and deciding it."""

from collections.abc import Mapping
from typing import Any

import click
from rich.console import RenderableType
from rich.text import Text

from tradefloor.operating.approval_card import approval_card, order
from tradefloor.operating.connection import API, Place
from tradefloor.operating.options import floor_options, show, shown, watched
from tradefloor.operating.tables import dollars, is_wide, table

REQUESTS = f"{API}/oversight/requests"


@click.group()
def approvals() -> None:
    """List what waits for a human, look at it, approve or reject it."""


@approvals.command("list")
@click.option(
    "--status",
    type=click.Choice(["pending", "approved", "rejected", "expired", "cancelled"]),
    default="pending",
    show_default=True,
)
@watched
@floor_options
def list_approvals(place: Place, status: str, *, as_json: bool, watch: bool) -> None:
    """List approvals, the newest first."""
    show(
        place,
        lambda floor: floor.get(REQUESTS, status=status, limit=100),
        lambda answer: _table(answer, status),
        as_json=as_json,
        watch=watch,
    )


@approvals.command("show")
@click.argument("request_id")
@shown
@floor_options
def show_approval(place: Place, request_id: str, *, as_json: bool) -> None:
    """Show one approval: what, why, its risk and what it would do to the portfolio."""
    show(place, lambda floor: floor.get(f"{REQUESTS}/{request_id}"), approval_card, as_json=as_json)


def _decision(name: str, doing: str) -> click.Command:
    @click.command(name, help=f"{doing} the approval REQUEST_ID.")
    @click.argument("request_id")
    @click.option("--reason", help="Why, for the audit and the agent's owner.")
    @shown
    @floor_options
    def command(place: Place, request_id: str, reason: str | None, *, as_json: bool) -> None:
        body = {} if reason is None else {"reason": reason}
        show(place, lambda floor: floor.post(f"{REQUESTS}/{request_id}/{name}", body), approval_card, as_json=as_json)

    return command


approvals.add_command(_decision("approve", "Approve"))
approvals.add_command(_decision("reject", "Reject"))


def _table(answer: Mapping[str, Any], status: str) -> RenderableType:
    if not answer["items"]:
        return Text(f"No approval is {status}.")
    wide = is_wide()
    columns = ("request", "order", "value", "risk", "expires") if wide else ("request", "order", "value", "risk")
    listing = table(*columns, numbers=("value",))
    for item in answer["items"]:
        cells = {
            "request": item["requestId"],
            "order": order(item["trade"]),
            "value": dollars(item["estimatedValue"]),
            "risk": item["riskAssessment"]["level"],
            "expires": f"{item['expiresAt'][11:19]} UTC",
        }
        listing.add_row(*(cells[column] for column in columns))
    return listing
