"""The Socket.IO server as an actor: its sessions live while it runs, and end in good order with it."""

from collections.abc import Mapping

import trio

from net.floor_socketio.namespace import FloorNamespace
from net.socketio import SocketServer
from supervisor import Actor
from supervisor.policy import Reason


class SocketIoActor(Actor):
    """Runs a server that outlives it: after a crash its sessions are gone, and their clients connect again."""

    def __init__(self, server: SocketServer, namespace: FloorNamespace) -> None:
        self._server = server
        self._namespace = namespace
        self._ended = trio.Event()

    async def started(self) -> None:
        """Serve."""
        self.ctx.start_task(self._serve)

    async def stopped(self, _reason: Reason) -> None:
        """Refuse new sessions, and let the others end."""
        self._server.shutdown()
        await self._ended.wait()

    def inspect(self) -> Mapping[str, object]:
        """Show how many there are."""
        return {"sessions": self._server.session_count, "clients": len(self._namespace)}

    async def _serve(self) -> None:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._namespace.run)
                await self._server.run()
                nursery.cancel_scope.cancel()
        finally:
            self._ended.set()
