"""The sockets of a load: each hears the trades of its own agents, and trades for them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
import trio
from attrs import define, field
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, open_websocket_url

from simulations.load.http import TIMEOUT
from simulations.load.refusal import LoadRefused
from simulations.load.tally import Failure, Tally, record

CHANNELS_MAX: Final = 1_000
"""What a socket of the floor may listen to."""

CLOSED: Final = "socket closed"
WELCOME_S_MAX: Final = 15.0
EXECUTED: Final = '"type":"trade.executed"'


@define(eq=False)
class LoadSocket:
    """One client of `/ws`: reads its frames, and hands answers to whoever waits for them."""

    url: str
    tally: Tally
    now_us: Callable[[], int]
    """The wall clock, which the times in frames are compared with; it must be the server's own."""
    timeout_s: float
    _connection: WebSocketConnection | None = None
    _waiting: dict[int, "_Answer"] = field(factory=dict)
    _closed: Failure | None = None

    async def listen(
        self,
        token: str,
        agents: Sequence[str],
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Connect, subscribe to some agents, and read until cancelled. Raises LoadRefused when it gets no further."""
        address = "ws" + self.url.removeprefix("http") + "/ws"
        try:
            async with open_websocket_url(address, disconnect_timeout=1) as connection:
                self._connection = connection
                with trio.fail_after(WELCOME_S_MAX):
                    await self._say(action="authenticate", token=token)
                    await self._hear("authenticated")
                    if agents:
                        await self._say(action="subscribe", channels=[f"agent:{agent_id}" for agent_id in agents])
                        await self._hear("subscribed")
                task_status.started()
                await self._read(connection)
        except (OSError, HandshakeError, trio.TooSlowError) as error:
            said = str(error) or type(error).__name__
            raise LoadRefused(f"{address} takes no socket ({said}); is the floor up there?") from error

    async def trade(self, shot_number: int, agent_id: str, order: dict[str, object]) -> Failure | None:
        """Submit a trade and wait for its answer; return what was wrong with it, if anything."""
        answer = _Answer()
        if self._closed is None:
            self._waiting[shot_number] = answer
            with trio.move_on_after(self.timeout_s):
                try:
                    await self._say(action="trade.submit", id=shot_number, agentId=agent_id, trade=order)
                    await answer.there.wait()
                except ConnectionClosed as error:
                    self._close(error)
            del self._waiting[shot_number]
        if self._closed is not None and not answer.there.is_set():
            return self._closed
        return answer.failure if answer.there.is_set() else Failure(TIMEOUT, "no answer on the socket")

    async def _read(self, connection: WebSocketConnection) -> None:
        try:
            while True:
                self._take(await connection.get_message())
        except ConnectionClosed as error:
            self._close(error)
            self.tally.went_wrong(self._closed or Failure(CLOSED, ""))

    def _take(self, message: str | bytes) -> None:
        """Time a frame of an executed trade, hand on an answer, and pass over the rest."""
        text = message if isinstance(message, str) else message.decode()
        self.tally.frames_heard += 1
        if EXECUTED in text[:64]:
            made = datetime.fromisoformat(orjson.loads(text)["timestamp"])
            record(self.tally.frames, self.now_us() / 1e6 - made.timestamp())
        elif '"id":' in text[:64]:
            frame = orjson.loads(text)
            answer = self._waiting.get(frame["id"])
            if answer is not None:
                answer.failure = _problem(frame["data"]) if frame["type"] == "error" else None
                answer.there.set()
        elif '"type":"lagged"' in text[:64]:
            self.tally.went_wrong(Failure("socket lagged", text[:200]))

    def _close(self, error: ConnectionClosed) -> None:
        reason = "no reason given" if error.reason is None else f"{error.reason.code} {error.reason.reason or ''}"
        if self._closed is None:
            self._closed = Failure(CLOSED, reason.strip())
        for answer in self._waiting.values():
            answer.failure = self._closed
            answer.there.set()

    async def _say(self, **frame: object) -> None:
        assert self._connection is not None
        await self._connection.send_message(orjson.dumps(frame).decode())

    async def _hear(self, wanted: str) -> None:
        """Pass over frames until one of a type. Raises LoadRefused when an error comes instead."""
        assert self._connection is not None
        while True:
            frame = orjson.loads(await self._connection.get_message())
            if frame["type"] == wanted:
                return
            if frame["type"] == "error":
                raise LoadRefused(f"/ws: {_problem(frame['data']).detail}")


@define(eq=False)
class _Answer:
    """Waits for the answer to one trade."""

    there: trio.Event = field(factory=trio.Event)
    failure: Failure | None = None


def _problem(problem: Any) -> Failure:
    return Failure(f"{problem['status']} {problem['title']}", str(problem["detail"]))
