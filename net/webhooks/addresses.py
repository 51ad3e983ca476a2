"""Where a webhook may lead: the check that keeps a stranger's URL from reaching what only this host can reach.

The name is resolved first, every address it has is judged, and the connection goes to a judged address, so that a name
which resolves differently the next time gains nothing.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM
from typing import Final
from urllib.parse import urlsplit

import trio
from attrs import frozen

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class AddressRefused(ValueError):
    """A URL leads where webhooks do not go; the message says why, without the URL's path."""


@frozen
class Destination:
    """The parts of a URL that say where it leads."""

    scheme: str
    host: str
    port: int


def destination_of(url: str, *, public_only: bool) -> Destination:
    """Return where a URL leads, judged as far as it can be without resolving a name. Raises AddressRefused.

    `public_only`: HTTPS alone, and no address of a private network.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("is no URL") from None
    if parts.scheme not in ({"https"} if public_only else DEFAULT_PORTS):
        raise AddressRefused("must be an https:// URL" if public_only else "must be an http:// or https:// URL")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("must have a host, and neither a user, a password nor a fragment")
    if public_only and _is_address(parts.hostname) and not is_public(parts.hostname):
        raise AddressRefused(f"{parts.hostname} is not a public address")
    return Destination(parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme])


async def resolve(destination: Destination, *, public_only: bool) -> str:
    """Return an address to connect to. Raises AddressRefused, and OSError when there is no such name."""
    found = await trio.socket.getaddrinfo(destination.host, destination.port, type=SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if public_only:
        for address in addresses:
            if not is_public(address):
                raise AddressRefused(f"{destination.host} has the address {address}, which is not public")
    return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet's: not loopback, private, link-local, shared or multicast.

    IPv6 addresses that stand for an IPv4 address count as not public.
    """
    try:
        ip: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and (
        ip not in _GLOBAL_UNICAST or ip.sixtofour is not None or ip.teredo is not None or ip.scope_id is not None
    ):
        return False
    return ip.is_global and not ip.is_multicast


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # Resolvers also read 127.1, 0x7f000001 and 2130706433 as addresses; those are judged once resolved.
        return False
    return True
