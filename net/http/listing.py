"""Pages of listings: their queries, their cursors, and how they are shown."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from actors.ports.history import BadCursor, Page
from net.http.limits import PAGE_DEFAULT, PAGE_MAX
from net.wire.rules import Integer, Text

ItemT = TypeVar("ItemT")

LIMIT: Final = Integer(1, PAGE_MAX)
CURSOR: Final = Text(max_length=512, pattern=r"^[A-Za-z0-9._~=\-]+$", wanted="a nextCursor of this listing")

__all__ = ["CURSOR", "LIMIT", "PAGE_DEFAULT", "cut", "page_json", "read_cursor"]


def page_json(page: Page[ItemT], show: Callable[[ItemT], dict[str, Any]]) -> dict[str, Any]:
    """Show a page."""
    return {"items": [show(item) for item in page.items], "nextCursor": page.next_cursor}


def cut(items: Iterable[ItemT], limit: int, cursor_of: Callable[[ItemT], str]) -> Page[ItemT]:
    """Return the first `limit` items as a page; its cursor is that of its last item, if more follow."""
    found: list[ItemT] = []
    for item in items:
        if len(found) == limit:
            return Page(tuple(found), urlsafe_b64encode(cursor_of(found[-1]).encode()).decode())
        found.append(item)
    return Page(tuple(found), None)


def read_cursor(cursor: str) -> str:
    """Return what `cut` made a cursor of. Raises BadCursor."""
    try:
        return urlsafe_b64decode(cursor.encode("ascii")).decode()
    except (binascii.Error, UnicodeError) as error:
        raise BadCursor("the cursor was not handed out by this listing") from error
