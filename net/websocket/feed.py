"""What goes out to one socket: replies, missed events, then live ones; written by one task.

The order on the wire. While a replay runs, its pages and the frames of channels that were live before take turns; each
channel by itself is in order, without gap or repeat. A client that subscribes once, to all of its channels, sees the
sequence never fall.

A client that is too slow for its outbox loses all its channels at once and gets one `lagged` frame. Its `seq` is the
sequence to resume from: the client subscribes again with `after`. Where channels had come less far than others because
their replay was still running, `data.resume` has the sequence of each.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import trio

from actors.errors import JournalUnavailable
from actors.events import Recorded
from actors.model import Principal
from net.websocket.channels import Channel, Topic, agent_id_of, is_wanted, route_of
from net.websocket.hub import Hub
from net.websocket.messages import LAGGED, AnswerMessage, EventMessage, LaggedShape
from net.websocket.outbox import Frame, Outbox, pieces
from net.websocket.ports import Services
from net.websocket.render import event_frame, portfolio_frame
from net.websocket.replay import Replay, selection_of, streams_of
from net.websocket.transport import Transport
from net.websocket.wire import PING
from net.wire.converter import to_json
from net.wire.scalars import Timestamp
from net.wire.structure import FieldProblem, InvalidRequest

_PING_FRAME: Final = Frame(PING, key="ping", is_reply=True)


class ReplyRefused(Exception):
    """A client has so many answers waiting that there is no room for another: it does not read."""


class Feed:
    """The outgoing side of one session. `principal` is whose eyes everything is for; set before the first channel."""

    def __init__(self, transport: Transport, hub: Hub, services: Services) -> None:
        self.principal: Principal | None = None
        self.writing_since: float | None = None
        """When the piece that is being written was begun, by trio's clock; None while nothing is."""
        self._transport = transport
        self._hub = hub
        self._services = services
        self._limits = limits = services.limits
        self._outbox = Outbox(limits.outbox_frames_max, limits.outbox_bytes_max)
        self._live: dict[Channel, int] = {}
        self._replays: deque[Replay] = deque()
        self._asleep: trio.Event | None = None
        self._is_finishing = False

    def offer(self, frame: Frame) -> bool:
        """Queue a frame, and say whether there was room."""
        if self._outbox.offer(frame):
            if self._asleep is not None:
                self._wake()
            return True
        return False

    def reply(self, answer: AnswerMessage) -> None:
        """Queue an answer; when events leave no room for it, they give way. Raises ReplyRefused."""
        frame = Frame(answer.encoded(), is_reply=True)
        if not self.offer(frame):
            self.lag(None)
            if not self.offer(frame):
                raise ReplyRefused

    def ping(self) -> None:
        """Queue a ping, unless one waits."""
        self.offer(_PING_FRAME)

    def subscribe(self, channels: Iterable[Channel], after: int | None) -> int:
        """Listen to channels, and return the sequence after which they are sent. Raises InvalidRequest."""
        wanted = dict.fromkeys(channels)
        known = {*self._live, *self._replaying()}
        if len(known | wanted.keys()) > self._limits.channels_max:
            limit = FieldProblem("channels", f"a socket may listen to {self._limits.channels_max:,} channels at most")
            raise InvalidRequest([limit])
        head = self._hub.head
        missed = {} if after is None else self._missed(wanted, after)
        for channel in wanted:
            if channel not in known and channel not in missed:
                self._go_live(channel, head)
        if after is None or not missed:
            return head
        self._replays.append(Replay(missed, after))
        self._wake()
        return after

    def unsubscribe(self, channels: Iterable[Channel]) -> None:
        """Listen to channels no more; what waits already is still sent."""
        gone = dict.fromkeys(channels)
        self._hub.leave(self, self._routes(gone))
        for channel in gone:
            self._live.pop(channel, None)
            for replay in self._replays:
                replay.channels.pop(channel, None)

    def close(self) -> None:
        """Listen to nothing more; what waits is still written, then `write` returns."""
        self.unsubscribe([*self._live, *self._replaying()])
        self._is_finishing = True
        self._wake()

    def lag(self, frame: Frame | None) -> None:
        """Drop what waits and all channels, and tell the client where to resume. `frame` found no room."""
        self._give_up("the client reads too slowly", frame)

    def _give_up(self, reason: str, frame: Frame | None) -> None:
        dropped = self._outbox.drop()
        if dropped is None and frame is not None:
            dropped = frame.seq
        sent = self._hub.head if dropped is None else dropped - 1
        resume = {channel.name: sent for channel in self._live}
        for replay in self._replays:
            reached = max(replay.position, replay.after)
            for channel in replay.channels:
                resume[channel.name] = min(reached, resume.get(channel.name, reached))
            self._hub.leave(self, self._routes(replay.channels))
            replay.channels.clear()
        self._hub.leave(self, self._routes(self._live))
        self._live.clear()
        self._replays.clear()
        seq = min(resume.values(), default=sent)
        now = Timestamp(self._services.clock.now_us())
        notice = EventMessage(LAGGED, None, seq, now, to_json(LaggedShape(reason, resume)))
        self.offer(Frame(notice.encoded(), is_reply=True))

    async def write(self) -> None:
        """Write what waits, as it comes, until `close`."""
        while True:
            # The answer to a subscription was queued together with its replay, so it is among these frames.
            replay = self._replays[0] if self._replays and not self._is_finishing else None
            frames = self._outbox.take()
            if frames:
                await self._send(frames)
            if replay is not None:
                await self._catch_up(replay)
            elif not frames:
                if self._is_finishing:
                    return
                self._asleep = trio.Event()
                await self._asleep.wait()

    async def _catch_up(self, replay: Replay) -> None:
        """Send the next page of what was missed; with the last one, go on live."""
        if not replay.channels:
            self._end_replay(replay)
            return
        head, page = self._hub.head, self._limits.replay_page_events
        is_last = head - replay.position <= page
        if is_last:
            for route in self._routes(replay.channels):
                self._hub.join(self, route)
        streams = streams_of(replay.channels, self._known_principal, self._hub.views)
        try:
            recorded = await self._services.history.events(streams, replay.position, page)
        except JournalUnavailable:
            self._give_up("what was missed could not be read", None)
            return
        # Meanwhile the client may have left channels, or have lagged and lost them all.
        frames = list(self._missed_frames(replay, [item for item in recorded if item.seq <= head]))
        if is_last:
            self._end_replay(replay)
        else:
            replay.position = min(recorded[-1].seq, head) if len(recorded) == page else head
        await self._send(frames)

    def _missed_frames(self, replay: Replay, recorded: Sequence[Recorded]) -> Iterator[Frame]:
        """Yield the frames of a page: its events, and after the last one of each agent the portfolio as it is now."""
        views = self._hub.views
        selection = selection_of(replay, self._known_principal, self._live)
        last = {agent_id_of(item.event): item for item in recorded}
        for item in recorded:
            owner = self._hub.owner_of(item.event)
            if selection.wants(item, owner) and is_wanted(item.event, views.agents.get(item.stream)):
                yield event_frame(item, views)
            agent_id = agent_id_of(item.event)
            if agent_id is None or last[agent_id] is not item or not selection.wants_portfolio(agent_id, owner):
                continue
            book = views.books.get(agent_id)
            if book is not None:
                yield portfolio_frame(book, item.seq, item.at_us, views)

    def _end_replay(self, replay: Replay) -> None:
        for channel in replay.channels:
            self._live[channel] = min(replay.after, self._live.get(channel, replay.after))
        if self._replays and self._replays[0] is replay:
            self._replays.popleft()

    def _missed(self, wanted: Iterable[Channel], after: int) -> dict[Channel, None]:
        """Return the channels of which something is missing. Prices are not kept, so none of theirs ever is."""
        return {
            channel: None
            for channel in wanted
            if channel.topic is not Topic.MARKET and after < self._live.get(channel, after + 1)
        }

    def _go_live(self, channel: Channel, since: int) -> None:
        self._live[channel] = since
        for route in self._routes((channel,)):
            self._hub.join(self, route)

    def _replaying(self) -> list[Channel]:
        return [channel for replay in self._replays for channel in replay.channels]

    def _routes(self, channels: Iterable[Channel]) -> list[str]:
        return [route_of(channel, self._known_principal) for channel in channels]

    @property
    def _known_principal(self) -> Principal:
        assert self.principal is not None, "channels are for people who are known"
        return self.principal

    async def _send(self, frames: Iterable[Frame]) -> None:
        for piece in pieces(frames, self._limits.write_bytes_max):
            self.writing_since = trio.current_time()
            await self._transport.send(piece)
        self.writing_since = None

    def _wake(self) -> None:
        if self._asleep is not None:
            self._asleep.set()
            self._asleep = None
