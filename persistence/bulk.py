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
"""Larger steps gain nothing. The powers of two up to this are as many texts of each statement as SQLite keeps ready."""


@frozen
class Insert:
    """An insertion: what stands before the rows' values, such as `INSERT INTO trades`, and after them."""

    head: str
    tail: str = ""


def insert(connection: Connection, into: Insert, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, in their order. All have as many values as the table has columns, or as the head names."""
    done = 0
    while done < len(rows):
        step = min(ROWS_PER_STEP_MAX, 1 << ((len(rows) - done).bit_length() - 1))
        values = [value for row in rows[done : done + step] for value in row]
        connection.execute(_statement(into, step, len(rows[done])), values)
        done += step


@cache
def _statement(into: Insert, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{into.head} VALUES {', '.join([row] * rows)} {into.tail}"
