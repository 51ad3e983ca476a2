"""Where two logs part."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from simulations.diffing import Parting, changed_keys, first_parting
from simulations.event_log import FIRST_LINE, TRADE_FIELDS

LINES = st.lists(st.integers(0, 3).map(lambda number: orjson.dumps({"seq": number})), max_size=8)


@given(first=LINES, second=LINES)
def test_the_first_different_line_is_found(first: list[bytes], second: list[bytes]) -> None:
    """Everything before it is the same, and it is not."""
    parting = first_parting(first, second)

    if parting is None:
        assert first == second
        return
    at = parting.number - 1
    assert first[:at] == second[:at]
    assert first[at : at + 1] != second[at : at + 1]
    assert parting.before == (orjson.loads(first[at - 1]) if at else None)


def test_values_of_a_trade_are_named() -> None:
    """A log holds them as a list, whose names stand in its first line."""
    first, second = [
        [FIRST_LINE, orjson.dumps({"seq": 1, "trade": [trade_id, *([None] * (len(TRADE_FIELDS) - 1))]})]
        for trade_id in ("trd_1", "trd_2")
    ]

    parting = first_parting(first, second)

    assert parting is not None
    assert parting.number == 1
    assert parting.before is None
    assert parting.fields() == [("trade.trade_id", "trd_1", "trd_2")]


def test_fields_that_differ_are_named() -> None:
    """By their path, also when one of the two has none."""
    first = {"seq": 1, "trade": {"price": 3, "tags": [1, 2]}, "only": 1}
    second = {"seq": 1, "trade": {"price": 4, "tags": [1]}}

    assert Parting(1, first, second, None).fields() == [
        ("trade.price", 3, 4),
        ("trade.tags[1]", 2, "(absent)"),
        ("only", 1, "(absent)"),
    ]
    assert Parting(1, first, None, None).fields() == []
    assert changed_keys({"a": 1}, {"a": 1}) == []
