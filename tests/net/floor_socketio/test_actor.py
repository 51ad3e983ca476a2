"""The Socket.IO server as an actor in a tree: it opens, shows itself, and stops with its clients told."""

import trio
from trio.testing import wait_all_tasks_blocked

from net.floor_socketio.actor import SocketIoActor
from supervisor import ChildSpec, SupervisorSpec, open_system
from tests.net.floor_socketio.peers import LIMITS, Table


async def test_its_life() -> None:
    """Clients come while it runs; when it stops, theirs are closed as those of a server that goes away."""
    async with trio.open_nursery() as nursery:
        here = Table(nursery, LIMITS)
        actor = SocketIoActor(here.server, here.namespace)
        root = SupervisorSpec("root", children=(ChildSpec("socketio", lambda: actor, shutdown_s=5),))
        async with open_system(root):
            await wait_all_tasks_blocked()
            peer = await here.user("usr_1")
            assert actor.inspect() == {"sessions": 1, "clients": 1}
            assert (await peer.ask("ping"))["ok"]
        await wait_all_tasks_blocked()
        assert (peer.closed["code"], peer.closed["reason"]) == (1001, "server shutting down")
        assert actor.inspect() == {"sessions": 0, "clients": 0}
        assert here.floor.hub.statistics().sockets == 0
        nursery.cancel_scope.cancel()
