"""Actors and messages that the tests of the runtime share."""

# ruff: noqa: D102 - every handler does what the docstring of its message says

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import trio
from attrs import frozen

from supervisor import (
    Actor,
    ActorRef,
    ActorSystem,
    ChildSpec,
    Exit,
    Message,
    Reason,
    Refusal,
    Reply,
    Terminated,
    handles,
)


@frozen
class Add(Message[int]):
    """Add and answer with the sum."""

    amount: int


@frozen
class Get(Message[int]):
    """Answer with the sum."""


@frozen
class Crash(Message[None]):
    """Raise the error in the handler."""

    error: BaseException


@frozen
class Refuse(Message[None]):
    """Refuse in the handler."""


@frozen
class Hold(Message[str]):
    """Answer when the gate opens."""

    gate: trio.Event


@frozen
class Forward(Message[int]):
    """Ask the actor at the path with `Get`, or with a `Forward` of its own along the way."""

    way: tuple[str, ...]
    timeout_s: float | None = None


@frozen
class Watch(Message[None]):
    """Watch the actor."""

    ref: ActorRef
    watching: bool = True


@frozen
class Later(Message[None]):
    """Tell oneself a message after a delay."""

    delay_s: float
    message: Message[int]


@frozen
class Run(Message[None]):
    """Start the function as a task of the actor."""

    async_fn: Callable[[], object]


@frozen
class Defer(Message[int]):
    """Answer when the actor is told to `Settle`."""


@frozen
class Settle(Message[None]):
    """Give all deferred replies."""

    value: int


@frozen
class End(Message[None]):
    """Let the actor stop itself."""


@frozen
class Nobody(Message[None]):
    """No sample handles this."""


@frozen
class Tick(Message[None]):
    """The newest price of a symbol."""

    symbol: str
    price: int

    @property
    def mailbox_key(self) -> str:
        """Only the newest tick of a symbol matters."""
        return self.symbol


class No(Refusal):
    """The sample's refusal."""


class Sample(Actor):
    """Handles all of the above, and logs its life in a list that outlives it."""

    def __init__(self, log: list[str] | None = None, name: str = "") -> None:
        self.log = [] if log is None else log
        self.name = name
        self.sum = 0
        self.replies: list[Reply[int]] = []
        self.ticks: list[Tick] = []
        self.terminated: list[Terminated] = []

    async def started(self) -> None:
        self.log.append(f"+{self.name}")

    def inspect(self) -> Mapping[str, object]:
        return {"sum": self.sum, "ticks": tuple(self.ticks), "terminated": tuple(self.terminated)}

    @handles(Add)
    def add(self, message: Add) -> int:
        self.sum += message.amount
        return self.sum

    @handles(Get)
    async def get(self, message: Get) -> int:
        return self.sum

    @handles(Crash)
    def crash(self, message: Crash) -> None:
        raise message.error

    @handles(Refuse)
    def refuse(self, message: Refuse) -> None:
        raise No("no")

    @handles(Hold)
    async def hold(self, message: Hold) -> str:
        self.log.append(f"hold{self.name}")
        await message.gate.wait()
        self.log.append(f"held{self.name}")
        return "held"

    @handles(Forward)
    async def forward(self, message: Forward) -> int:
        target = self.ctx.ref(message.way[0])
        rest = message.way[1:]
        question: Message[int] = Forward(rest, message.timeout_s) if rest else Get()
        return await target.ask(question, message.timeout_s)

    @handles(Watch)
    def watch(self, message: Watch) -> None:
        (self.ctx.watch if message.watching else self.ctx.unwatch)(message.ref)

    @handles(Terminated)
    def on_terminated(self, message: Terminated) -> None:
        self.terminated.append(message)

    @handles(Later)
    def later(self, message: Later) -> None:
        self.ctx.tell_later(message.delay_s, message.message)

    @handles(Run)
    def run(self, message: Run) -> None:
        self.ctx.start_task(message.async_fn)  # type: ignore[arg-type]  # Any async function will do.

    @handles(Defer)
    def defer(self, message: Defer) -> Reply[int]:
        reply: Reply[int] = self.ctx.defer()
        self.replies.append(reply)
        return reply

    @handles(Settle)
    def settle(self, message: Settle) -> None:
        for reply in self.replies:
            reply.reply(message.value)
        self.replies.clear()

    @handles(End)
    def end(self, message: End) -> None:
        self.ctx.stop()

    @handles(Tick)
    def tick(self, message: Tick) -> None:
        self.ticks.append(message)


class Orderly(Sample):
    """Logs its orderly end as well."""

    async def stopped(self, reason: Reason) -> None:
        self.log.append(f"-{self.name}")


class Stubborn(Sample):
    """Does not stop by itself."""

    async def stopped(self, reason: Reason) -> None:
        self.log.append(f"?{self.name}")
        try:
            await trio.sleep_forever()
        finally:
            self.log.append(f"!{self.name}")


class Broken(Sample):
    """Crashes at its start as often as the log is shorter than the given length."""

    length = 3

    async def started(self) -> None:
        self.log.append(f"+{self.name}")
        if len(self.log) < self.length:
            raise ValueError(f"start {len(self.log)}")


NORMAL = Exit(Reason.NORMAL)


def child(name: str, log: list[str], kind: type[Sample] = Orderly, **fields: Any) -> ChildSpec:
    """Specify a sample that logs under its name."""
    return ChildSpec(name, partial(kind, log, name), **fields)


async def deaths_seen_by(system: ActorSystem, path: str) -> tuple[Terminated, ...]:
    """Give the notices that a watching sample has had."""
    return cast("tuple[Terminated, ...]", (await system.control.state(path))["terminated"])


def crash(name: str = "") -> Crash:
    """Make an actor crash, for a cause that can be told from others."""
    return Crash(ValueError(name))
