"""Actors, as their authors write them: a class with handlers and a few hooks."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, overload

from supervisor.envelope import Reply
from supervisor.message import MessageType
from supervisor.policy import Reason

if TYPE_CHECKING:
    from supervisor.context import Context

Handlers = Mapping[type, tuple[Callable[[Any, Any], Any], bool]]
"""By type of message: the handler, and whether it is async."""

A = TypeVar("A")
M = TypeVar("M")
R = TypeVar("R")

_MARK = "__handles__"


class _Decorator(Protocol[M, R]):
    """Takes a method for messages of type M, plain or async, that returns R or a deferred `Reply[R]`."""

    @overload
    def __call__(
        self, method: Callable[[A, M], Awaitable[R | Reply[R]]]
    ) -> Callable[[A, M], Awaitable[R | Reply[R]]]: ...
    @overload
    def __call__(self, method: Callable[[A, M], R | Reply[R]]) -> Callable[[A, M], R | Reply[R]]: ...


def handles(message_type: MessageType[M, R]) -> _Decorator[M, R]:
    """Make the method the actor's handler for messages of exactly this type.

    A plain method is called directly and costs less than an async one. Its asker waits for the returned value,
    or for the `Reply` that `Context.defer` made.
    """

    def mark(method: Any) -> Any:
        setattr(method, _MARK, message_type)
        return method

    return mark


class Actor:
    """The base of actors. State lives in the instance, which a restart replaces and passivation keeps.

    `ctx` is there from `started()` on, not yet in `__init__`.
    """

    ctx: "Context"

    _handlers: Handlers = {}  # noqa: RUF012 - of the class; an instance has others where it is traced
    _names: ClassVar[Mapping[type, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        names: dict[type, str] = {}
        for base in reversed(cls.__mro__[1:]):
            names.update(getattr(base, "_names", {}))
        own: dict[type, str] = {}
        for name, member in vars(cls).items():
            message_type = getattr(member, _MARK, None)
            if message_type is None:
                continue
            if message_type in own:
                raise TypeError(f"{cls.__name__} has two handlers for {message_type.__name__}")
            own[message_type] = name
        cls._names = names | own
        methods = {message_type: getattr(cls, name) for message_type, name in cls._names.items()}
        cls._handlers = {kind: (method, inspect.iscoroutinefunction(method)) for kind, method in methods.items()}

    async def started(self) -> None:
        """Prepare for work, at the start and at every restart, but not when woken from passivation."""

    async def stopped(self, reason: Reason) -> None:
        """Clean up at an orderly end; not called after a crash."""

    def inspect(self) -> Mapping[str, object]:
        """Say what `control.state()` shows."""
        return {}
