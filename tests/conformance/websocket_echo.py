"""Echo over the transport of `/ws`, for protocol suites: `python -m tests.conformance.websocket_echo PORT`."""

import sys
from typing import Any

import trio
from hypercorn.config import Config
from hypercorn.trio import serve

from net.websocket.closing import TOO_LARGE
from net.websocket.hypercorn_frames import HypercornTransport, PeerGone, Receive, Send
from net.websocket.wire import encode_binary, encode_text

MESSAGE_BYTES_MAX = 32 * 1024 * 1024
"""Protocol suites send messages of up to 16 MiB."""

CLOSE_S = 2.0


async def echo(scope: Any, receive: Receive, send: Send) -> None:
    """Echo messages until the peer goes, as an ASGI application."""
    if scope["type"] == "lifespan":
        await _idle(receive, send)
    elif scope["type"] == "websocket":
        transport = HypercornTransport(receive, send, MESSAGE_BYTES_MAX)
        receiving = trio.CancelScope()
        transport.on_too_large = receiving.cancel
        try:
            await transport.accept()
        except PeerGone:
            return
        with receiving:
            while (message := await transport.receive()) is not None:
                await transport.send(
                    encode_text(message.encode()) if isinstance(message, str) else encode_binary(message)
                )
        if receiving.cancelled_caught:
            await transport.close(TOO_LARGE, CLOSE_S)


async def _idle(receive: Receive, send: Send) -> None:
    """Answer the server's questions about start and end."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    """Serve on the port given on the command line."""
    config = Config()
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    config.websocket_max_message_size = MESSAGE_BYTES_MAX
    trio.run(serve, echo, config)


if __name__ == "__main__":
    main()
