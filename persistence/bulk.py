"""Inserting many rows in few steps.

Python gives up its lock for each step of an SQLite statement and has to win it back before the next one, from threads
that had it meanwhile. `executemany` takes a step for each row; here one step inserts up to ROWS_PER_STEP_MAX of them.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from attrs import frozen

from persistence.sqlite import Connection

ROWS_PER_STEP_MAX: Final = 64
"""Larger steps gain nothing."""

ROWS_IN_ONE_STEP_MAX: Final = 16
"""So many rows, a busy floor's batch, are one step; more are steps of powers of two. A text of each statement for every
number of rows would be more than a connection keeps ready."""


@frozen
class Insert:
    """An insertion: what stands before the rows' values, such as `INSERT INTO trades`, and after them."""

    head: str
    tail: str = ""


def insert(connection: Connection, into: Insert, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, in their order. All have as many values as the table has columns, or as the head names."""
    done = 0
    while done < len(rows):
        step = _step(len(rows) - done)
        values = [value for row in rows[done : done + step] for value in row]
        connection.execute(_statement(into, step, len(rows[done])), values)
        done += step


def _step(left: int) -> int:
    """Return how many of the rows that are left the next step inserts."""
    return left if left <= ROWS_IN_ONE_STEP_MAX else min(ROWS_PER_STEP_MAX, 1 << (left.bit_length() - 1))


@cache
def _statement(into: Insert, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{into.head} VALUES {', '.join([row] * rows)} {into.tail}"
