"""Messages: frozen attrs classes that carry the type of their reply."""

from typing import Generic, Protocol, Self, TypeVar

from attrs import frozen

from supervisor.policy import Exit

R = TypeVar("R")


class Message(Generic[R]):
    """The base of messages.

    `class GetPortfolio(Message[PortfolioView])` says what `ask` returns; what is only told is a `Message[None]`.
    """

    __slots__ = ()

    @classmethod
    def _reply_type(cls) -> "Replies[Self, R]":
        raise NotImplementedError("this is for the type checker: it ties a message to its reply")


M_co = TypeVar("M_co", covariant=True)
R_co = TypeVar("R_co", covariant=True)


class Replies(Protocol[M_co, R_co]):
    """The pair of a message and its reply, seen by the type checker only."""

    def message(self) -> M_co:
        """Stand for the message."""
        ...

    def reply(self) -> R_co:
        """Stand for the reply."""
        ...


class MessageType(Protocol[M_co, R_co]):
    """A class of messages, from which the type checker infers message and reply."""

    def _reply_type(self) -> Replies[M_co, R_co]: ...


@frozen
class Terminated(Message[None]):
    """Tells a watcher that an actor has ended for good, or is quarantined."""

    path: str
    exit: Exit
    quarantined: bool = False
