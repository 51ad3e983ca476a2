"""The actor runtime: mailboxes, refs, cells, supervision and control. Knows nothing of trading."""

from supervisor.actor import Actor, handles
from supervisor.bus import Bus, Lagged, Subscription
from supervisor.context import Context
from supervisor.control import Control, Listing, NodeStats
from supervisor.counts import ClassCount
from supervisor.current import correlated, correlation_id
from supervisor.deadletters import DeadLetter
from supervisor.envelope import Reply
from supervisor.errors import (
    ActorExited,
    ActorFailed,
    ActorFailures,
    ActorQuarantined,
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
from supervisor.inspection import Activity, ActorRow, NodeInfo, NodeView, QueuedMessage, Wait
from supervisor.message import Message, Terminated
from supervisor.node import Status
from supervisor.policy import Exit, Reason
from supervisor.ranking import Sort
from supervisor.ref import ActorRef
from supervisor.selection import Selection
from supervisor.slow import SlowMessage
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
from supervisor.stacks import Stack, Stacks, TaskName
from supervisor.stalls import LoopWatch, Stall
from supervisor.supervision import Lifecycle
from supervisor.system import ActorSystem, open_system, run_system
from supervisor.timers import Timer
from supervisor.tracing import Trace, Traced
from supervisor.window import Window, WindowListing, WindowRow, WindowSort

__all__ = [
    "Activity",
    "Actor",
    "ActorExited",
    "ActorFailed",
    "ActorFailures",
    "ActorQuarantined",
    "ActorRef",
    "ActorRow",
    "ActorStopped",
    "ActorSystem",
    "AlreadyReplied",
    "AskCycle",
    "AskTimeout",
    "Backoff",
    "Bus",
    "ChildSpec",
    "ClassCount",
    "Context",
    "Control",
    "DeadLetter",
    "DeadlineExceeded",
    "Displaced",
    "Exceeded",
    "Exit",
    "Lagged",
    "Lifecycle",
    "Listing",
    "LoopWatch",
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
    "QueuedMessage",
    "Reason",
    "Refusal",
    "Reply",
    "Restart",
    "RestartIntensityExceeded",
    "Selection",
    "SlowMessage",
    "Sort",
    "Stack",
    "Stacks",
    "Stall",
    "Status",
    "Strategy",
    "Subscription",
    "SupervisorError",
    "SupervisorSpec",
    "TaskName",
    "Terminated",
    "Timer",
    "Trace",
    "Traced",
    "UnhandledMessage",
    "Wait",
    "Window",
    "WindowListing",
    "WindowRow",
    "WindowSort",
    "correlated",
    "correlation_id",
    "handles",
    "open_system",
    "run_system",
]
