"""Reading a request's body."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import trio

from net.http.body import ClientGone, Receive, Unread, drain, read_body
from net.http.errors import BodyTooLarge
from net.http.limits import BODY_BYTES_MAX, BODY_DRAINED_BYTES_MAX

GONE: Mapping[str, Any] = {"type": "http.disconnect"}


def arriving(*events: Mapping[str, Any]) -> Receive:
    """Return a `receive` that gives these events."""
    queue = list(events)

    async def receive() -> Mapping[str, Any]:
        await trio.lowlevel.checkpoint()
        return queue.pop(0)

    return receive


def piece(body: bytes, *, more: bool) -> Mapping[str, Any]:
    """Return a piece of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(
    ("events", "body"),
    [
        ([piece(b"", more=False)], b""),
        ([piece(b"ab", more=False)], b"ab"),
        ([{"type": "http.request"}], b""),
        ([piece(b"a", more=True), piece(b"b", more=True), piece(b"", more=False)], b"ab"),
        ([piece(b"x" * BODY_BYTES_MAX, more=False)], b"x" * BODY_BYTES_MAX),
    ],
)
async def test_a_body_is_put_together(events: Sequence[Mapping[str, Any]], body: bytes) -> None:
    """In however many pieces it comes."""
    assert await read_body(arriving(*events)) == body


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([GONE], ClientGone),
        ([piece(b"a", more=True), GONE], ClientGone),
        ([piece(b"x" * (BODY_BYTES_MAX + 1), more=False)], BodyTooLarge),
        ([piece(b"x", more=True), piece(b"x" * BODY_BYTES_MAX, more=False)], BodyTooLarge),
        ([piece(b"x", more=True), piece(b"x" * BODY_DRAINED_BYTES_MAX, more=True)], Unread),
    ],
)
async def test_bodies_that_are_refused(events: Sequence[Mapping[str, Any]], error: type[Exception]) -> None:
    """The client is gone, or sends too much, or far too much."""
    with pytest.raises(error):
        await read_body(arriving(*events))


async def test_what_still_arrives_is_thrown_away() -> None:
    """Until the connection is closed."""
    await drain(arriving(piece(b"x", more=True), piece(b"x", more=False), GONE))
