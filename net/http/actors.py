"""The control plane: the actors of the floor, looked at and controlled by admins."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Final

import orjson
import trio

from actors.events import ControlAction
from actors.model import Role
from net.control import ActorNotFound, ControlRefused, Verb, act, find, record
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.http.streams import WriteLine
from net.wire.control import (
    ActorInFullShape,
    ActorListShape,
    ActorStatsShape,
    ControlShape,
    DeadLettersShape,
    ThreadListShape,
    TracedShape,
    TreeShape,
    WaitsShape,
    acted_json,
    info_json,
    letter_json,
    limiter_json,
    message_text,
    row_json,
    stats_json,
    tree_json,
    wait_json,
)
from net.wire.control_requests import (
    ActorsQuery,
    ControlBody,
    InspectQuery,
    LettersQuery,
    PartQuery,
    StacksQuery,
    TopQuery,
    TraceQuery,
    TreeQuery,
)
from net.wire.scalars import format_timestamp
from net.wire.watching import StacksShape, WindowShape, stacks_json, window_json
from supervisor import NoSuchActor, Trace, Traced

AT: Final = "/admin/v1/actors"
STATE_S_MAX: Final = 1.0
"""So long an actor may take to say what it is doing; one that is stuck says nothing."""

DEFAULT_THREADS: Final = "default"
PASSWORD_THREADS: Final = "passwords"  # noqa: S105 - the name of a limit

routes = Routes("Control")


@routes.add("GET", AT, role=Role.ADMIN, answer=ActorListShape, refuses=(ActorNotFound,))
async def list_actors(call: Call, query: ActorsQuery) -> Reply:
    """List actors at or below what a path or pattern names, the largest first by what they are sorted by.

    With `state` they are those in one of these states, and `total` counts those.
    """
    with _there(query.path):
        listing = await call.edge.system.control.ps(query.path, query.sort, query.limit, query.state)
    return Reply({"items": [row_json(row) for row in listing.rows], "total": listing.actors})


@routes.add("GET", f"{AT}/tree", role=Role.ADMIN, answer=TreeShape, refuses=(ActorNotFound,))
async def get_actor_tree(call: Call, query: TreeQuery) -> Reply:
    """Show a part of the tree, each node before those below it."""
    with _there(query.path):
        return Reply(tree_json(call.edge.system.control.tree(query.path, query.depth, query.limit)))


@routes.add("GET", f"{AT}/top", role=Role.ADMIN, answer=WindowShape, stream=True, refuses=(ActorNotFound,))
async def watch_actors(call: Call, query: TopQuery) -> Reply:
    """Rank actors by what they did in each window, a line a window, over all of them: also who was busy only in it.

    Ends after so many windows, when the client goes, or when nothing is there any more.
    """
    window = call.edge.system.control.window(query.path)
    with _there(query.path):
        await window.look(query.sort, query.limit)

    async def produce(write: WriteLine) -> None:
        with suppress(NoSuchActor):
            for _ in count() if query.windows is None else range(query.windows):
                await trio.sleep(query.interval_ms / 1_000)
                listing = await window.look(query.sort, query.limit)
                await write(orjson.dumps(window_json(listing, call.edge.clock.now_us())))

    return Reply(stream=produce)


@routes.add("GET", f"{AT}/inspect", role=Role.ADMIN, answer=ActorInFullShape, refuses=(ActorNotFound,))
async def inspect_actor(call: Call, query: InspectQuery) -> Reply:
    """Show all that is known of one node, also while it is paused; of its mailbox as much as is asked for."""
    control = call.edge.system.control
    with _there(query.path):
        info = control.info(query.path)
        messages = control.mailbox(query.path, query.messages)
    state = None
    with suppress(Exception):  # Stopped, failed or stuck, or what it says of itself is broken: all else is shown.
        state = await control.state(query.path, STATE_S_MAX)
    return Reply(info_json(info, state, messages))


@routes.add("POST", f"{AT}/pause", role=Role.ADMIN, answer=ControlShape, refuses=(ActorNotFound, ControlRefused))
async def pause_actors(call: Call, body: ControlBody) -> Reply:
    """Let actors rest after the message in hand. Their mailboxes fill within their limits; nothing is lost."""
    return await _act(call, Verb.PAUSE, body)


@routes.add("POST", f"{AT}/resume", role=Role.ADMIN, answer=ControlShape, refuses=(ActorNotFound, ControlRefused))
async def resume_actors(call: Call, body: ControlBody) -> Reply:
    """Let actors go on with what waits in their mailboxes."""
    return await _act(call, Verb.RESUME, body)


@routes.add("POST", f"{AT}/stop", role=Role.ADMIN, answer=ControlShape, refuses=(ActorNotFound, ControlRefused))
async def stop_actors(call: Call, body: ControlBody) -> Reply:
    """Stop actors in order, and wait for their end. The server that answers this cannot be stopped so: 409."""
    return await _act(call, Verb.STOP, body)


@routes.add("POST", f"{AT}/restart", role=Role.ADMIN, answer=ControlShape, refuses=(ActorNotFound, ControlRefused))
async def restart_actors(call: Call, body: ControlBody) -> Reply:
    """Stop actors and start them afresh, with their mailboxes. Brings back those that have stopped or failed."""
    return await _act(call, Verb.RESTART, body)


@routes.add("GET", f"{AT}/trace", role=Role.ADMIN, answer=TracedShape, stream=True, refuses=(ActorNotFound,))
async def trace_actors(call: Call, query: TraceQuery) -> Reply:
    """Send what actors take in hand, line by line, within limits of number, rate and time.

    Ends when the client goes. Actors that start meanwhile are not traced. It is kept in the audit.
    """
    selection = await find(call.edge, query.path)
    event = ControlAction(Verb.TRACE, query.path, query.reason, selection.actors)
    await record(call.edge, event, call.principal, call.exchange.correlation_id)

    async def produce(write: WriteLine) -> None:
        async with call.edge.system.control.trace(query.path, query.count, query.per_second) as trace:
            with trio.move_on_after(query.seconds):
                async for traced in trace:
                    await write(_line(call, trace, traced))
        await write(_line(call, trace, None))

    return Reply(stream=produce)


@routes.add("GET", f"{AT}/stats", role=Role.ADMIN, answer=ActorStatsShape, refuses=(ActorNotFound,))
async def get_actor_stats(call: Call, query: PartQuery) -> Reply:
    """Sum the counters of a part of the tree, and count its actors by state."""
    with _there(query.path):
        return Reply(stats_json(await call.edge.system.control.stats(query.path)))


@routes.add("GET", f"{AT}/waits", role=Role.ADMIN, answer=WaitsShape)
async def list_waits(call: Call) -> Reply:
    """Show which actor waits for the reply of which."""
    return Reply({"items": [wait_json(wait) for wait in await call.edge.system.control.waits()]})


@routes.add("GET", f"{AT}/dead-letters", role=Role.ADMIN, answer=DeadLettersShape)
async def list_dead_letters(call: Call, query: LettersQuery) -> Reply:
    """Show the newest messages that nobody handled, oldest first."""
    control, now_s = call.edge.system.control, trio.current_time()
    letters = control.dead_letters()[-query.limit :]
    return Reply({"items": [letter_json(letter, now_s) for letter in letters], "total": control.dead_letters_total})


@routes.add("GET", f"{AT}/threads", role=Role.ADMIN, answer=ThreadListShape)
async def list_threads(call: Call) -> Reply:
    """Show the limits on threads, and on what is done at once: how much is in use, and how many wait."""
    limiters = {
        DEFAULT_THREADS: trio.to_thread.current_default_thread_limiter(),
        PASSWORD_THREADS: call.auth.passwords.limiter,
        **call.edge.limiters,
    }
    return Reply({"items": [limiter_json(name, limiter.statistics()) for name, limiter in sorted(limiters.items())]})


@routes.add("GET", "/admin/v1/stacks", role=Role.ADMIN, answer=StacksShape, refuses=(ActorNotFound,))
async def list_stacks(call: Call, query: StacksQuery) -> Reply:
    """Show at which lines tasks wait, those that wait alike together, with the actors that they are or belong to."""
    with _there(query.path):
        return Reply(stacks_json(await call.edge.system.control.stacks(query.path, query.limit)))


@contextmanager
def _there(path: str) -> Iterator[None]:
    """Look at what is at a path. Raises ActorNotFound."""
    try:
        yield
    except NoSuchActor as error:
        raise ActorNotFound(f"nothing is at {path}") from error


async def _act(call: Call, verb: Verb, body: ControlBody) -> Reply:
    acted = await act(call.edge, verb, body.path, body.reason, call.principal, call.exchange.correlation_id)
    return Reply(acted_json(acted))


def _line(call: Call, trace: Trace, traced: Traced | None) -> bytes:
    """Return a line of a trace, or its last one."""
    ago_us = 0 if traced is None else round((trio.current_time() - traced.at_s) * 1_000_000)
    kind, text = (None, None) if traced is None else message_text(traced.message)
    line = {
        "timestamp": format_timestamp(call.edge.clock.now_us() - ago_us),
        "path": None if traced is None else traced.path,
        "type": kind,
        "message": text,
        "seen": trace.seen,
        "skipped": trace.skipped,
    }
    return orjson.dumps(line)
