"""Counting what strategies did not get."""

from actors.errors import InsufficientFunds
from actors.refusals import Refusals, Refused, cause_of
from tests.actors.builders import NOW_US


def test_orders_are_counted_by_agent_and_cause() -> None:
    """With the first time and the last one; in the order in which each began."""
    refusals = Refusals()
    refusals.add("agt_2", "quota exceeded", NOW_US)
    refusals.add("agt_1", "quota exceeded", NOW_US + 1)
    refusals.add("agt_2", "quota exceeded", NOW_US + 2)
    refusals.add("agt_2", "market closed", NOW_US + 3)

    assert list(refusals) == [
        Refused("agt_2", "quota exceeded", 2, NOW_US, NOW_US + 2),
        Refused("agt_1", "quota exceeded", 1, NOW_US + 1, NOW_US + 1),
        Refused("agt_2", "market closed", 1, NOW_US + 3, NOW_US + 3),
    ]


def test_a_cause_is_words() -> None:
    """Those of the error's name."""
    assert cause_of(InsufficientFunds("not enough")) == "insufficient funds"
