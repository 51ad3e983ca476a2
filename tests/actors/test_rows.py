"""Tests of tables in arrays: they hold what a dictionary of lists holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rows import Rows

FILLERS = (0, -1)
ROWS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=4)
STEPS = st.lists(st.one_of(st.tuples(st.integers(0, 90), ROWS), st.none()), max_size=40)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_a_table_holds_what_was_put_there_last(steps: list[tuple[int, list[tuple[int, int]]] | None]) -> None:
    """At every look, each slot has its rows and all others are unused, however often it was put between two looks."""
    table, expected = Rows(*FILLERS), dict[int, list[tuple[int, int]]]()
    for step in [*steps, None]:
        if step is not None:
            table.put(*step)
            expected[step[0]] = step[1]
            continue
        cells = list(zip(*(column.tolist() for column in table.columns()), strict=True))
        owned = {place: slot for slot in expected for place in table.places(slot)}
        assert {slot: [cells[place][1:] for place in table.places(slot)] for slot in expected} == expected
        assert all(cells[place][0] == slot for place, slot in owned.items())
        assert all(cells[place][1:] == FILLERS for place in range(table.used) if place not in owned)


def test_rows_given_back_serve_others() -> None:
    """The table grows with what is in it, not with time."""
    table = Rows(0)
    for slot in range(100):
        table.put(slot, [(1,), (2,)])
        table.put(slot, [])
    assert table.used == 2
    assert table.places(1_000) == range(0)
