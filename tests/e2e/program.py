"""The real program in a process of its own, as the end-to-end tests drive it."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
import trio
from attrs import define, frozen
from trio_websocket import WebSocketConnection, open_websocket_url

from net.http.problems import MEDIA_TYPE
from tests.net.http.declared import require_declared

START_S_MAX: Final = 60
DEMO: Final = {"email": "demo@example.com", "password": "demo123"}


@define
class Program:
    """A running `tradefloor serve`, its URL, and what it has printed so far."""

    process: "subprocess.Popen[str]"
    url: str
    folder: Path
    printed: list[str]

    def kill(self) -> None:
        """End it as a power cut would: no handler runs."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def line_with(self, text: str) -> str:
        """Wait for the next line with this in it, and return it."""
        assert self.process.stdout is not None
        return next(line.rstrip() for line in self.process.stdout if text in line)

    def farewell(self) -> list[str]:
        """Return what it printed about its stop, once it has ended."""
        assert self.process.stdout is not None
        lines = [line.rstrip() for line in self.process.stdout]
        return lines[[line.startswith("Stop") for line in lines].index(True) :]


@contextmanager
def running(folder: Path, *flags: str, env: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Start the program on a free port with its data in `folder`; whatever is left of it is killed at the end."""
    with ending(start(folder, *flags, env=env)) as program:
        yield program


@contextmanager
def ending(program: Program) -> Iterator[Program]:
    """Kill whatever is left of a program at the end."""
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.kill()
        assert program.process.stdout is not None
        program.process.stdout.close()


def start(folder: Path, *flags: str, env: Mapping[str, str] | None = None, module: str = "tradefloor") -> Program:
    """Start the program on a free port with its data in `folder`, and wait until it says where it is open."""
    ours = ("--port", "0", "--database-path", str(folder / "floor.db"))
    return launch(folder, *ours, *flags, env={"LOG_FORMAT": "json", **(env or {})}, module=module)


def launch(folder: Path, *flags: str, env: Mapping[str, str], module: str = "tradefloor") -> Program:
    """Start the program in `folder` with these settings alone, and wait until it says where it is open.

    `module` may name another one than the program's own, which adds to it.
    """
    log = folder / "log.txt"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "serve", *flags],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=folder,
            env={**os.environ, **env},
        )
    assert process.stdout is not None
    printed: list[str] = []
    for line in process.stdout:
        printed.append(line.rstrip())
        if " is open at " in line:
            return Program(process, line.rsplit(" ", 1)[1].strip(), folder, printed)
    raise AssertionError(f"the program ended with {process.wait()}: {printed}\n{log.read_text()}")


def verify(database: Path) -> None:
    """Run `tradefloor verify`, whose exit status says whether all is well."""
    command = [sys.executable, "-m", "tradefloor", "verify", str(database)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def limit_files(program: Program, size_bytes: int) -> None:
    """Let no file of a program grow beyond a size."""
    _, hard_limit = resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (size_bytes, hard_limit))


@frozen
class Api:
    """A signed-in user of the HTTP API."""

    client: httpx.AsyncClient
    token: str

    async def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """POST a JSON body under /api/v1."""
        return await self.client.post(f"/api/v1{path}", json=body, headers=headers)

    async def get(self, path: str) -> Any:
        """GET a JSON document under /api/v1, which must be there."""
        response = await self.client.get(f"/api/v1{path}")
        assert response.status_code == 200, response.text
        return response.json()

    async def made(self, path: str, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Any:
        """POST, and return the answer, which must have the expected status."""
        response = await self.post(path, body, headers)
        assert response.status_code == status, response.text
        return response.json()


@asynccontextmanager
async def signed_in(url: str, login: Mapping[str, str] = DEMO) -> AsyncIterator[Api]:
    """Sign in and yield the API with the user's token."""
    async with httpx.AsyncClient(base_url=url, timeout=30, event_hooks={"response": [_check_problem]}) as client:
        response = await client.post("/api/v1/auth/login", json=login)
        assert response.status_code == 200, response.text
        token = response.json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield Api(client, token)


async def _check_problem(response: httpx.Response) -> None:
    """Hold an answer to what its operation declares."""
    if response.headers.get("Content-Type") == MEDIA_TYPE:
        await response.aread()
        require_declared(response.request.method, response.request.url.path, response.json())


async def eventually(holds: Callable[[], Awaitable[bool]], within_s: float = 20) -> None:
    """Ask until something holds that no frame announces."""
    with trio.fail_after(within_s):
        while not await holds():
            with trio.move_on_after(0.05):
                await trio.Event().wait()


@frozen
class Socket:
    """An authenticated connection to /ws."""

    connection: WebSocketConnection

    async def send(self, **frame: object) -> None:
        """Send one JSON frame."""
        await self.connection.send_message(orjson.dumps(frame).decode())

    async def receive(self) -> Any:
        """Return the next frame."""
        return orjson.loads(await self.connection.get_message())

    async def receive_type(self, *types: str) -> Any:
        """Return the next frame of one of these types, passing over others."""
        with trio.fail_after(20):
            while True:
                frame = await self.receive()
                if frame["type"] in types:
                    return frame


@asynccontextmanager
async def socket(api: Api, *channels: str, **subscription: object) -> AsyncIterator[Socket]:
    """Connect to /ws, authenticate and subscribe."""
    url = str(api.client.base_url).replace("http://", "ws://").rstrip("/") + "/ws"
    async with open_websocket_url(url) as connection:
        ws = Socket(connection)
        await ws.send(action="authenticate", token=api.token)
        await ws.receive_type("authenticated")
        await ws.send(action="subscribe", channels=list(channels), **subscription)
        await ws.receive_type("subscribed")
        yield ws
