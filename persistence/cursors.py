"""Cursors of listings: opaque to whoever holds one, and pointing at an item, so that inserts do not move them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from typing import TypeVar

from actors.ports.history import BadCursor, Page

TRADES = "trades"
APPROVALS = "approvals"

ItemT = TypeVar("ItemT")


def to_cursor(listing: str, seq: int) -> str:
    """Return the cursor of what follows the item at `seq` in a listing."""
    return urlsafe_b64encode(f"{listing}:{seq}".encode()).decode().rstrip("=")


def from_cursor(listing: str, cursor: str) -> int:
    """Return where a cursor points. Raises BadCursor when this listing did not hand it out."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (Error, ValueError) as error:
        raise BadCursor("the cursor is none of this listing") from error
    name, _, seq = text.partition(":")
    if name != listing or not seq.isdecimal() or to_cursor(listing, int(seq)) != cursor:
        raise BadCursor("the cursor is none of this listing")
    return int(seq)


def page_of(listing: str, found: Sequence[tuple[int, ItemT]], limit: int) -> Page[ItemT]:
    """Return a page of what was found, each with its sequence: up to `limit` items, and one more if another page is."""
    cursor = to_cursor(listing, found[limit - 1][0]) if len(found) > limit else None
    return Page(tuple(item for _, item in found[:limit]), cursor)
