"""The HTTP long-polling transport: GET fetches packets, POST sends them."""

import trio

from net.socketio import handshake
from net.socketio.asgi import BodyError, ClientLeft, Receive, read_body
from net.socketio.engine_packet import decode_payload
from net.socketio.errors import InvalidPacket
from net.socketio.handshake import Refusal
from net.socketio.lifecycle import Phase
from net.socketio.options import SocketOptions
from net.socketio.session import PARSE_ERROR, TRANSPORT_CLOSE, TRANSPORT_ERROR, EngineSession

PACKETS_BETWEEN_CHECKPOINTS = 100
"""A payload of many small packets must not hold up the other sessions."""

PUSH_ANSWER = "ok"

BINARY_BODY = "application/octet-stream"


async def poll(session: EngineSession, receive: Receive) -> str | Refusal:
    """Wait for packets and return the answer. Raises ClientLeft.

    A client that aborts its request, or sends a second one beside it, loses the session, since nobody could say any
    more which packets have reached it.
    """
    if session.is_in(Phase.WEBSOCKET):
        return handshake.BAD_REQUEST
    if session.has_poll:
        session.cut(TRANSPORT_ERROR)
        return handshake.BAD_REQUEST
    gone = False

    async def watch() -> None:
        nonlocal gone
        await receive()  # which, after the whole of the body, can only say that the client has gone
        gone = True
        session.cut(TRANSPORT_CLOSE)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        payload = await session.poll()
        nursery.cancel_scope.cancel()
    if gone:
        raise ClientLeft
    return payload


async def push(session: EngineSession, receive: Receive, content_type: str, options: SocketOptions) -> str | Refusal:
    """Read packets and handle them, all or none; return the answer. Packets that are refused cost the session.

    Raises what `asgi.read_body` raises.
    """
    if session.has_push:
        session.cut(TRANSPORT_ERROR)
        await read_body(receive, options)
        return handshake.BAD_REQUEST
    session.has_push = True
    try:
        return await _push(session, await read_body(receive, options), content_type, options)
    except BodyError as error:
        session.cut(TRANSPORT_CLOSE if isinstance(error, ClientLeft) else TRANSPORT_ERROR)
        raise
    finally:
        session.has_push = False


async def _push(session: EngineSession, body: bytes, content_type: str, options: SocketOptions) -> str | Refusal:
    if session.is_in(Phase.WEBSOCKET) or not session.is_open():
        return handshake.BAD_REQUEST
    # In this version of the protocol even binary packets travel as text.
    if content_type.partition(";")[0].strip().lower() == BINARY_BODY:
        session.cut(PARSE_ERROR)
        return handshake.BAD_REQUEST
    try:
        packets = decode_payload(body, packets_max=options.packets_per_payload_max)
    except InvalidPacket:
        session.cut(PARSE_ERROR)
        return handshake.BAD_REQUEST
    for number, packet in enumerate(packets, start=1):
        await session.take_in(packet)
        if not session.is_open():
            break
        if number % PACKETS_BETWEEN_CHECKPOINTS == 0:
            await trio.lowlevel.checkpoint()
    return handshake.BAD_REQUEST if session.reason in {PARSE_ERROR, TRANSPORT_ERROR} else PUSH_ANSWER
