"""Drawdowns in arrays are what they are one by one."""

import numpy as np
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.drawdown import Drawdown, DrawdownBook

SYMBOLS = ("AAPL", "MSFT", "TSLA")
SLOTS = st.integers(0, 80)
HELD = st.dictionaries(st.sampled_from(SYMBOLS), st.integers(1, 1_000), max_size=3)
PRICE = st.integers(1, 500_000_000)


def prices(*dollars: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return prices of the symbols, in micros."""
    return np.array([price * 1_000_000 for price in dollars], dtype=np.int64)


def test_an_alert_is_due_until_it_was_given_and_then_not_before_a_new_peak() -> None:
    """A commit that failed is tried again; a recovery short of the peak re-arms nothing."""
    book = DrawdownBook(SYMBOLS)
    book.set(0, 0, {"AAPL": 1}, 10)
    assert list(book.sample(prices(100, 1, 1))) == []
    assert list(book.sample(prices(91, 1, 1))) == []
    (due,) = book.sample(prices(90, 1, 1))
    assert due == Drawdown(0, 10, 90_000_000, 100_000_000)
    assert list(book.sample(prices(89, 1, 1))) == [Drawdown(0, 10, 89_000_000, 100_000_000)]
    book.alerted(due)
    assert list(book.sample(prices(50, 1, 1))) == []
    assert list(book.sample(prices(100, 1, 1))) == []
    assert list(book.sample(prices(50, 1, 1))) == []
    assert list(book.sample(prices(101, 1, 1))) == []
    assert list(book.sample(prices(90, 1, 1))) == [Drawdown(0, 10, 90_000_000, 101_000_000)]


def test_another_threshold_is_another_alert() -> None:
    """Lowered or raised, it is looked at anew; off, there is none."""
    book = DrawdownBook(SYMBOLS)
    book.recall(0, 100_000_000, 10)
    for percent, due in ((10, 0), (20, 1), (None, 0), (50, 0)):
        book.set(0, 70_000_000, {}, percent)
        assert len(list(book.sample(prices(1, 1, 1)))) == due


def test_only_what_moved_enough_is_to_be_saved() -> None:
    """A thousandth of the peak, or an alert that was taken back; at the end everything."""
    book = DrawdownBook(SYMBOLS)
    book.recall(0, 100_000_000, 10)
    book.recall(1, 100_000_000)
    book.set(0, 100_000_001, {}, 10)
    book.set(1, 100_000_001, {}, 10)
    assert list(book.sample(prices(1, 1, 1))) == []
    assert book.unsaved() == [(0, 100_000_001, 0)]
    assert book.unsaved() == []
    assert book.unsaved(all_of_them=True) == [(1, 100_000_001, 0)]
    book.set(1, 101_000_000, {}, 10)
    assert list(book.sample(prices(1, 1, 1))) == []
    assert book.unsaved() == [(1, 101_000_000, 0)]


def test_a_slot_that_was_cleared_is_never_due() -> None:
    """Its rows serve others."""
    book = DrawdownBook(SYMBOLS)
    book.set(0, 0, {"AAPL": 1}, 10)
    assert list(book.sample(prices(100, 1, 1))) == []
    book.clear(0)
    book.set(1, 0, {"TSLA": 1}, 10)
    assert list(book.sample(prices(1, 1, 100))) == []
    assert [due.slot for due in book.sample(prices(1, 1, 50))] == [1]


def test_many_positions_fit() -> None:
    """Rows are doubled as they are needed, and given back."""
    book = DrawdownBook(SYMBOLS)
    for held in ({"AAPL": 1, "MSFT": 1}, {"AAPL": 2}):
        for slot in range(200):
            book.set(slot, 0, held, 50)
    assert list(book.sample(prices(100, 1, 1))) == []
    assert [due.equity_micros for due in book.sample(prices(50, 1, 1))] == [100_000_000] * 200


@define
class Follower:
    """One agent, followed without arrays."""

    cash: int = 0
    held: dict[str, int] = field(factory=dict)
    percent: int | None = None
    peak: int = 0
    alerted: int | None = None

    def look(self, market: dict[str, int]) -> tuple[int, int] | None:
        """Return the equity and the peak, if an alert is due."""
        equity = self.cash + sum(quantity * market[symbol] for symbol, quantity in self.held.items())
        if equity > self.peak:
            self.peak, self.alerted = equity, None
        if self.percent is None or self.alerted == self.percent:
            return None
        return (equity, self.peak) if equity * 100 <= self.peak * (100 - self.percent) else None


class Drawdowns(RuleBasedStateMachine):
    """Agents that trade, change their thresholds and forget, on a market that moves."""

    def __init__(self) -> None:
        super().__init__()
        self.book = DrawdownBook(SYMBOLS)
        self.followers: dict[int, Follower] = {}

    @rule(slot=SLOTS, cash=st.integers(0, 10**12), held=HELD, percent=st.none() | st.integers(1, 99))
    def trade(self, slot: int, cash: int, held: dict[str, int], percent: int | None) -> None:
        """Hold something else."""
        follower = self.followers.setdefault(slot, Follower())
        follower.cash, follower.held, follower.percent = cash, held, percent
        self.book.set(slot, cash, held, percent)

    @rule(slot=SLOTS, peak=st.integers(0, 10**12))
    def recall(self, slot: int, peak: int) -> None:
        """Go on from a peak that was kept."""
        follower = self.followers.setdefault(slot, Follower())
        follower.peak, follower.alerted = peak, None
        self.book.recall(slot, peak)

    @rule(market=st.fixed_dictionaries(dict.fromkeys(SYMBOLS, PRICE)), told=st.booleans())
    def tick(self, market: dict[str, int], told: bool) -> None:
        """Look at everybody, and tell those who are to be told, or fail to."""
        due = list(self.book.sample(np.array([market[symbol] for symbol in SYMBOLS], dtype=np.int64)))
        looks = {slot: self.followers[slot].look(market) for slot in sorted(self.followers)}
        assert {drawdown.slot: (drawdown.equity_micros, drawdown.peak_micros) for drawdown in due} == {
            slot: seen for slot, seen in looks.items() if seen is not None
        }
        for drawdown in due if told else ():
            self.book.alerted(drawdown)
            self.followers[drawdown.slot].alerted = drawdown.percent

    @invariant()
    def saved_is_saved(self) -> None:
        """Check that what was returned as unsaved once is not returned again."""
        self.book.unsaved(all_of_them=True)
        assert self.book.unsaved(all_of_them=True) == []


class TestDrawdowns(Drawdowns.TestCase):  # type: ignore[misc, valid-type]  # Hypothesis makes it.
    """Run the machine."""

    settings = settings(max_examples=30, stateful_step_count=25, deadline=None)


@given(st.lists(st.tuples(st.integers(1, 300), HELD), min_size=1, max_size=20))
def test_any_number_of_slots_and_rows_fits(agents: list[tuple[int, dict[str, int]]]) -> None:
    """Arrays grow as they are needed."""
    book = DrawdownBook(SYMBOLS)
    for slot, held in agents:
        book.set(slot, 1, held, 50)
    list(book.sample(prices(300, 300, 300)))
    fallen = {due.slot for due in book.sample(prices(1, 1, 1))}
    assert fallen == {slot for slot, held in dict(agents).items() if held}
