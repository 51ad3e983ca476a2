"""The actor runtime: mailboxes, refs, cells, supervision and control. Knows nothing of trading."""

from supervisor.actor import Actor, handles
from supervisor.bus import Bus, Lagged, Subscription
from supervisor.context import Context
from supervisor.control import Control, NodeInfo, NodeStats, NodeView, Traced
from supervisor.current import correlation_id
from supervisor.deadletters import DeadLetter
from supervisor.envelope import Reply
from supervisor.errors import (
    ActorExited,
    ActorFailed,
    ActorFailures,
    ActorStopped,
    AlreadyReplied,
    AskCycle,
    AskTimeout,
    DeadlineExceeded,
    Displaced,
    MailboxFull,
    NameTaken,
    NoSuchActor,
    Refusal,
    RestartIntensityExceeded,
    SupervisorError,
    UnhandledMessage,
)
from supervisor.message import Message, Terminated
from supervisor.node import Status
from supervisor.policy import Exit, Reason
from supervisor.ref import ActorRef
from supervisor.spec import (
    Backoff,
    ChildSpec,
    Exceeded,
    MailboxSpec,
    NodeSpec,
    Overflow,
    Restart,
    Strategy,
    SupervisorSpec,
)
from supervisor.supervision import Lifecycle
from supervisor.system import ActorSystem, open_system, run_system
from supervisor.timers import Timer

__all__ = [
    "Actor",
    "ActorExited",
    "ActorFailed",
    "ActorFailures",
    "ActorRef",
    "ActorStopped",
    "ActorSystem",
    "AlreadyReplied",
    "AskCycle",
    "AskTimeout",
    "Backoff",
    "Bus",
    "ChildSpec",
    "Context",
    "Control",
    "DeadLetter",
    "DeadlineExceeded",
    "Displaced",
    "Exceeded",
    "Exit",
    "Lagged",
    "Lifecycle",
    "MailboxFull",
    "MailboxSpec",
    "Message",
    "NameTaken",
    "NoSuchActor",
    "NodeInfo",
    "NodeSpec",
    "NodeStats",
    "NodeView",
    "Overflow",
    "Reason",
    "Refusal",
    "Reply",
    "Restart",
    "RestartIntensityExceeded",
    "Status",
    "Strategy",
    "Subscription",
    "SupervisorError",
    "SupervisorSpec",
    "Terminated",
    "Timer",
    "Traced",
    "UnhandledMessage",
    "correlation_id",
    "handles",
    "open_system",
    "run_system",
]
