"""Whom a stranger's requests are counted for."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

SITE_BITS: Final = 64
"""Whoever has an IPv6 address has all that share so many bits with it (RFC 6177), each worth a limit of its own."""

REMEMBERED_MAX: Final = 4_096


@lru_cache(REMEMBERED_MAX)
def site_of(client: str) -> str:
    """Return what a client is counted by: its IPv4 address, or the network of its IPv6 site.

    A port behind the address, as some proxies write it, is dropped; what is no address stays as it is.
    """
    address = _address_in(client)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if isinstance(address, IPv6Address) and mapped is None:
        return str(IPv6Network((address.packed, SITE_BITS), strict=False))
    return client if address is None else str(mapped or address)


def _address_in(client: str) -> IPv4Address | IPv6Address | None:
    host = client
    if client.startswith("["):
        host = client[1:].partition("]")[0]
    elif client.count(":") == 1:
        host = client.partition(":")[0]
    try:
        return ip_address(host)
    except ValueError:
        return None
