"""Changes that are decided in the writer's transaction, on what is stored at that moment."""

from typing import Generic, TypeVar

from attrs import frozen

from actors.errors import NotStorable
from actors.ports.journal import Commit, CommitResult, Committed, EmailTaken, Unstorable
from actors.ports.people import EmailTaken as EmailTakenError
from persistence.rows import Row

ResultT = TypeVar("ResultT")


@frozen
class Change(Generic[ResultT]):
    """A decision: its answer, the events that tell of it, and the rows they lead to beside those of the commit.

    Without a commit nothing is changed. `statements` are SQL with the values to bind.
    """

    result: ResultT
    commit: Commit | None = None
    statements: tuple[tuple[str, Row], ...] = ()


def require_committed(result: CommitResult) -> None:
    """Raise why a change could not be stored: actors.ports.people.EmailTaken, or actors.errors.NotStorable."""
    match result:
        case Committed():
            return
        case EmailTaken():
            raise EmailTakenError("another person has this email address already")
        case Unstorable(reason):
            raise NotStorable(f"the change cannot be stored: {reason}")
        case _:
            raise AssertionError(f"a change without a claim or a trade cannot be refused as {result!r}")
