"""Inserting many rows in few steps."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from persistence.bulk import ROWS_IN_ONE_STEP_MAX, ROWS_PER_STEP_MAX, Insert, insert
from persistence.sqlite import connect_writer

COUNT = Insert("INSERT INTO words", "ON CONFLICT (word) DO UPDATE SET times = times + excluded.times")


@given(st.lists(st.tuples(st.text("abc", min_size=1, max_size=3), st.integers(0, 9)), max_size=300))
def test_rows_are_inserted_in_their_order_in_few_steps(rows: list[tuple[str, int]]) -> None:
    """Any number of rows does what one statement for each would do, in a step for 64 of them and a few for the rest."""
    connection = connect_writer(Path(":memory:"))
    connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY, times INTEGER) STRICT")
    steps: list[str] = []
    connection.set_trace_callback(steps.append)
    insert(connection, COUNT, rows)
    connection.set_trace_callback(None)
    expected: dict[str, int] = {}
    for word, times in rows:
        expected[word] = expected.get(word, 0) + times
    assert connection.execute("SELECT * FROM words ORDER BY rowid").fetchall() == list(expected.items())
    full, rest = divmod(len(rows), ROWS_PER_STEP_MAX)
    sixteens, left = divmod(rest, ROWS_IN_ONE_STEP_MAX)
    assert len(steps) == full + sixteens.bit_count() + (left > 0)
    connection.close()
