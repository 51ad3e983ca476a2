"""Metrics for Prometheus."""

from ipaddress import ip_address
from typing import Final

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from actors.model import Role
from net.auth.errors import Forbidden, Unauthorized
from net.http.call import Call
from net.http.exchange import Exchange
from net.http.routing import Reply, Routes
from net.metrics.exposition import exposition

FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-real-ip")
"""With one of these the request came through a proxy, whose address says nothing about the client's."""

routes = Routes("Health")


@routes.add("GET", "/metrics", role=None, refuses=(Unauthorized, Forbidden))
async def get_metrics(call: Call) -> Reply:
    """Show all metrics in Prometheus's text format. Open to this machine; others need an admin's token."""
    if not is_local(call.exchange):
        identity = await call.auth.identify(call.exchange.header(b"authorization"))
        if not (identity.is_person and identity.has(Role.ADMIN)):
            raise Forbidden(f"this needs the role {Role.ADMIN}")
    page = (await exposition(call.edge)).decode()
    return Reply(html=page, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def is_local(exchange: Exchange) -> bool:
    """Say whether a request comes from this machine itself, and not through a proxy on it."""
    if any(name in exchange.headers for name in FORWARDED):
        return False
    try:
        return ip_address(exchange.ip).is_loopback
    except ValueError:
        return exchange.ip == "local"
