"""One trade that waits for a human, as a terminal shows it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.text import Text

from tradefloor.operating.tables import dollars, facts_grid, state


def approval_card(item: Mapping[str, Any]) -> Group:
    """Show what is asked, how risky it is, what it would do to the portfolio, and what was decided."""
    facts = facts_grid()
    facts.add_row("agent", item["agentId"])
    facts.add_row("why", item["reason"])
    if item["trade"]["reason"]:
        facts.add_row("it says", item["trade"]["reason"])
    facts.add_row("value", dollars(item["estimatedValue"]))
    facts.add_row("risk", item["riskAssessment"]["level"])
    for name, change in _changes(item).items():
        facts.add_row(name, change)
    facts.add_row("expires", item["expiresAt"])
    facts.add_row("because", "\n".join(item["riskAssessment"]["factors"]))
    for name, outcome in _outcome(item).items():
        facts.add_row(name, outcome)
    heading = Text.assemble((item["requestId"], "bold"), "  ", state(item["status"]), f"  {order(item['trade'])}")
    return Group(heading, facts)


def _changes(item: Mapping[str, Any]) -> dict[str, str]:
    """Say what the trade would do to the portfolio."""
    impact = item["portfolioImpact"]
    symbol = item["trade"]["symbol"]
    return {
        "cash": f"{dollars(impact['cashBefore'])}, afterwards {dollars(impact['cashAfter'])}",
        "position": f"{impact['positionBefore']:,} {symbol}, afterwards {impact['positionAfter']:,}",
        "of equity": f"{impact['concentrationBefore']:.1%} in {symbol}, afterwards {impact['concentrationAfter']:.1%}",
        "exposure": f"{dollars(impact['exposureBefore'])}, afterwards {dollars(impact['exposureAfter'])}",
    }


def _outcome(item: Mapping[str, Any]) -> dict[str, str]:
    """Say what was decided, and what became of the trade; nothing while it waits."""
    decision, trade = item["decision"], item["trade"]
    if decision is None:
        return {}
    why = f": {decision['reason']}" if decision["reason"] else ""
    became = f" at {dollars(trade['executedPrice'])}" if trade["executedPrice"] is not None else ""
    failed = f": {trade['failureReason']}" if trade["failureReason"] else ""
    return {
        "decision": f"{decision['result']} by {decision['approverName']}{why}",
        "trade": f"{trade['status']}{became}{failed}",
    }


def order(trade: Mapping[str, Any]) -> str:
    """Say what a trade does, in short."""
    return f"{trade['action']} {trade['quantity']:,} {trade['symbol']}"
