"""The socket hub as an actor: tends its sockets while it runs, and closes them in order at its end."""

from collections.abc import Mapping

from attrs import asdict

from net.websocket.hub import Hub
from supervisor import Actor
from supervisor.policy import Reason


class HubActor(Actor):
    """Keeps the hub's clients awake, and lets go of those that no longer read."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def started(self) -> None:
        """Tend the sockets."""
        self.ctx.start_task(self._hub.tend)

    async def stopped(self, _reason: Reason) -> None:
        """Tell every client that the floor is going away, and wait until they have ended."""
        await self._hub.close()

    def inspect(self) -> Mapping[str, object]:
        """Show how busy the hub is."""
        return asdict(self._hub.statistics())
