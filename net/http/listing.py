"""Pages of listings: their queries, their cursors, and how they are shown."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Final, TypeVar

from attrs import frozen

from actors.ports.history import BadCursor, Page
from net.http.limits import PAGE_DEFAULT, PAGE_MAX
from net.wire.rules import Doc, Integer, Text
from net.wire.structure import FieldProblem, InvalidRequest

ItemT = TypeVar("ItemT")
SEQ_MAX: Final = 2**53

LIMIT: Final = Integer(1, PAGE_MAX)
CURSOR: Final = Text(max_length=512, pattern=r"^[A-Za-z0-9._~=\-]+$", wanted="a nextCursor of this listing")

__all__ = ["CURSOR", "LIMIT", "PAGE_DEFAULT", "LogQuery", "cut", "page_json", "read_cursor"]


@frozen
class LogQuery:
    """Which part of a log is listed, and from which end."""

    after: Annotated[int, Integer(0, SEQ_MAX), Doc("Only those after this sequence; nextCursor is the next.", 0)] = 0
    before: Annotated[
        int | None,
        Integer(1, SEQ_MAX),
        Doc("Only those before this sequence, newest first; nextCursor is the next.", None),
    ] = None
    limit: Annotated[int, LIMIT, Doc("How many at most.", 50)] = PAGE_DEFAULT

    def require_one_end(self) -> None:
        """Refuse both ends at once. Raises InvalidRequest."""
        if self.after and self.before is not None:
            both = "must not be given with after: the one lists newest first, the other oldest first"
            raise InvalidRequest([FieldProblem("before", both)])

    def following(self, seqs: Sequence[int]) -> str | None:
        """Return the nextCursor of a page with these sequences."""
        return str(seqs[-1]) if len(seqs) == self.limit else None


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
