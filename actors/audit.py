"""What the audit shows: every decision and every change of control, out of all that the log holds.

Trades are no part of it, as they are what the agents do all day; nor is the renewal of a token, which changes nothing.
"""

from typing import Final

from actors.events import (
    AgentCreated,
    AgentStatusChanged,
    AgentUpdated,
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    ControlAction,
    Event,
    KeyCreated,
    KeyRevoked,
    UserChanged,
    UserPasswordChanged,
    UserRefreshReused,
    UserSignedIn,
    UserSignedOut,
)

CONTROL_STREAM: Final = "floor"
"""The stream of what operators do to actors."""

AUDITED: Final[tuple[type[Event], ...]] = (
    AgentCreated,
    AgentUpdated,
    AgentStatusChanged,
    ApprovalApproved,
    ApprovalRejected,
    ApprovalExpired,
    ApprovalCancelled,
    UserChanged,
    UserPasswordChanged,
    UserSignedIn,
    UserSignedOut,
    UserRefreshReused,
    KeyCreated,
    KeyRevoked,
    ControlAction,
)
"""Another class needs a migration of the index by which storage finds them."""
