"""The bound of every HTTP figure: an ASGI application that answers the same few bytes, on the same Hypercorn."""

import sys
from typing import Any, Final

import trio
from hypercorn.config import Config
from hypercorn.trio import serve

BODY: Final = b'{"portfolio":' + b'"' + b"x" * 300 + b'"}'
"""As long as a portfolio with a position."""

HEADERS: Final = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read the request and answer."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        return
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


async def main() -> None:
    """Serve on a free port, and print which."""
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.errorlog = None
    config.keep_alive_max_requests = 1_000_000
    async with trio.open_nursery() as nursery:
        urls = await nursery.start(serve, app, config)
        sys.stdout.write(f"bare ASGI is open at {urls[0]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    trio.run(main)
