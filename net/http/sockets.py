"""Where sockets open, asked for without the upgrade: most often a proxy on the way has dropped it."""

from net.http.call import Call
from net.http.errors import UpgradeRequired
from net.http.routing import Reply, Routes

routes = Routes("Sockets")


@routes.add("GET", "/ws", role=None, refuses=(UpgradeRequired,))
async def get_socket(_call: Call) -> Reply:
    """Say what is missing. Raises UpgradeRequired."""
    raise UpgradeRequired("a WebSocket opens here; the request has no upgrade, which a proxy may have dropped")
