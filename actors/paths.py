"""Where each actor lives in the tree."""

FLOOR = "/floor"
JOURNAL = "/journal"
MARKET = "/market"
METERING = "/metering"
OVERSIGHT = "/oversight"
NOTIFIER = "/notifier"
DRAWDOWN = "/drawdown"
AGENTS = "/agents"
APPROVALS = "approvals"
"""The name of the supervisor of an agent's pending approvals."""


def home_of(agent_id: str) -> str:
    """Return the supervisor of one agent's actors."""
    return f"{AGENTS}/{agent_id}"


def agent(agent_id: str) -> str:
    """Return the actor that runs the agent's strategy and takes its trades."""
    return f"{AGENTS}/{agent_id}/agent"


def portfolio(agent_id: str) -> str:
    """Return the actor that keeps the agent's book."""
    return f"{AGENTS}/{agent_id}/portfolio"


def agent_id_of(path: str) -> str:
    """Return whose an actor is that lives in an agent's home."""
    return path.split("/", 3)[2]


def approvals(agent_id: str) -> str:
    """Return the supervisor of the agent's pending approvals."""
    return f"{AGENTS}/{agent_id}/{APPROVALS}"


def approval(agent_id: str, request_id: str) -> str:
    """Return the actor of one pending approval."""
    return f"{AGENTS}/{agent_id}/{APPROVALS}/{request_id}"
