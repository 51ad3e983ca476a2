"""What can go wrong between actors: one class per cause."""

from collections.abc import Sequence
from typing import Self


class SupervisorError(Exception):
    """The base of every error this package raises."""


class Refusal(Exception):
    """The base of answers that say no: a handler raises one, its asker receives it, and the actor is none the worse.

    Every other exception that leaves a handler is a crash.
    """


class NoSuchActor(SupervisorError):
    """Nothing lives at the path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"there is no actor at {path}")
        self.path = path


class NameTaken(SupervisorError):
    """The supervisor already has a child of this name."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is taken")
        self.path = path


class ActorStopped(SupervisorError):
    """The actor ended in order before it answered."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} has stopped")
        self.path = path


class ActorFailed(SupervisorError):
    """The actor crashed while it had the message in hand, or could not start; `__cause__` says why.

    You do not get it for messages that were still queued when their actor crashed: these wait for the restart.
    """

    def __init__(self, path: str, cause: BaseException) -> None:
        super().__init__(f"{path} failed: {cause!r}")
        self.path = path
        self.__cause__ = cause


class ActorQuarantined(ActorFailed):
    """The actor was set aside because it kept crashing, and has not taken the message in hand; `__cause__` says why."""

    def __init__(self, path: str, cause: BaseException) -> None:
        super().__init__(path, cause)
        self.args = (f"{path} was set aside as it kept crashing, and takes no messages until it is restarted",)


class MailboxFull(SupervisorError):
    """The mailbox has no room and its policy, or the time that was left, does not allow to wait for some."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the mailbox of {path} is full")
        self.path = path


class Displaced(SupervisorError):
    """The mailbox gave the place of this ask to a newer message."""

    def __init__(self, path: str) -> None:
        super().__init__(f"a newer message took the place of this one in the mailbox of {path}")
        self.path = path


class DeadlineExceeded(SupervisorError):
    """No time was left to ask: the deadline inherited from the message in hand has passed."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no time is left to ask {path}")
        self.path = path


class AskTimeout(DeadlineExceeded):
    """The ask was sent, and its deadline passed before an answer came."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.args = (f"{path} did not answer in time",)


class AskCycle(SupervisorError):
    """Waiting would close a circle of actors that wait for one another."""

    def __init__(self, cycle: Sequence[str]) -> None:
        super().__init__("refused to wait in a circle: " + " -> ".join(cycle))
        self.cycle = tuple(cycle)


class UnhandledMessage(SupervisorError):
    """The actor has no handler for messages of this type."""

    def __init__(self, path: str, message: object) -> None:
        super().__init__(f"{path} does not handle {type(message).__name__}")
        self.path = path


class AlreadyReplied(SupervisorError):
    """A deferred reply was given twice."""


class ActorExited(SupervisorError):
    """A permanent actor ended by itself, which counts as a failure."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} ended although it is permanent")
        self.path = path


class ActorFailures(ExceptionGroup[Exception]):
    """The crashes of one actor: a leaf of the tree that an escalation carries."""

    def derive(self, excs: Sequence[Exception], /) -> Self:  # type: ignore[override]  # All parts are of `Exception`.
        """Keep the class when a nursery or `except*` takes the group apart."""
        return type(self)(self.message, excs)


class RestartIntensityExceeded(ExceptionGroup[Exception]):
    """A supervisor gave up: its children failed more often than it may restart them.

    Its parts are the failed children: `ActorFailures` for actors, this class for supervisors, so that the
    group has the shape of the tree below.
    """

    def derive(self, excs: Sequence[Exception], /) -> Self:  # type: ignore[override]  # All parts are of `Exception`.
        """Keep the class when a nursery or `except*` takes the group apart."""
        return type(self)(self.message, excs)
