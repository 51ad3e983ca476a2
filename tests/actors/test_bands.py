"""Wake conditions in arrays, against a naive book of them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.bands import NO_HIGH_MICROS, NO_LOW_MICROS, Band, BandBook, InvalidBandError, UnknownBandSymbolError

SYMBOLS = ("AAA", "BBB", "CCC")


def crossed(book: BandBook, prices: Sequence[int], now_us: int = 0) -> list[int]:
    """Return the crossed slots as a list."""
    slots: list[int] = book.crossed(np.array(prices, dtype=np.int64), now_us).tolist()
    return slots


@define
class NaiveBook:
    """The same in dictionaries and loops."""

    armed: dict[int, tuple[tuple[Band, ...], int | None]] = field(factory=dict)

    def crossed(self, prices: Sequence[int], now_us: int) -> list[int]:
        """Return and disarm the slots with a crossed band or a time that has come."""
        price_of = dict(zip(SYMBOLS, prices, strict=True))
        slots = sorted(
            slot
            for slot, (bands, at_us) in self.armed.items()
            if (at_us is not None and at_us <= now_us)
            or any(not band.low_micros < price_of[band.symbol] < band.high_micros for band in bands)
        )
        for slot in slots:
            del self.armed[slot]
        return slots


bands = st.builds(
    lambda symbol, low, width: Band(symbol, low, low + width),
    st.sampled_from(SYMBOLS),
    st.integers(1, 20),
    st.integers(1, 20),
)
slots = st.one_of(st.integers(0, 6), st.integers(60, 200))
steps = st.one_of(
    st.tuples(st.just("set"), slots, st.lists(bands, max_size=5).map(tuple), st.one_of(st.none(), st.integers(0, 50))),
    st.tuples(st.just("clear"), slots),
    st.tuples(st.just("tick"), st.tuples(*[st.integers(1, 40)] * 3), st.integers(0, 50)),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, max_size=60))
def test_the_book_agrees_with_the_naive_one(script: list[tuple[object, ...]]) -> None:
    """Whatever is set, cleared and ticked, both report the same slots."""
    book, naive = BandBook(SYMBOLS), NaiveBook()
    for step in script:
        match step:
            case ("set", int(slot), tuple(wanted), at_us):
                book.set(slot, wanted, at_us)  # type: ignore[arg-type] # the script's tuples are not typed
                naive.armed[slot] = (wanted, at_us)  # type: ignore[assignment] # as above
            case ("clear", int(slot)):
                book.clear(slot)
                naive.armed.pop(slot, None)
            case (_, tuple(prices), int(now_us)):
                assert crossed(book, prices, now_us) == naive.crossed(prices, now_us)


def test_a_reported_slot_rests_until_it_is_set_again() -> None:
    """A slot is reported once for however many bands were crossed, and then not before it is armed anew."""
    book = BandBook(SYMBOLS)
    wanted = (Band("AAA", 10, 20), Band("BBB", 10, 20))
    book.set(3, wanted, at_us=100)
    assert crossed(book, [15, 15, 15], 99) == []
    assert crossed(book, [10, 20, 15], 100) == [3]
    assert crossed(book, [10, 20, 15], 100) == []
    book.set(3, wanted)
    assert crossed(book, [15, 21, 15], 200) == [3]


def test_an_open_side_is_never_crossed() -> None:
    """A band may have one edge only."""
    book = BandBook(SYMBOLS)
    book.set(0, (Band("AAA", low_micros=10), Band("BBB", high_micros=20)))
    assert Band("AAA", low_micros=10).high_micros == NO_HIGH_MICROS
    assert Band("BBB", high_micros=20).low_micros == NO_LOW_MICROS
    assert crossed(book, [10**15, 1, 1]) == []
    assert crossed(book, [10, 1, 1]) == [0]


def test_times_come_earlier_by_what_the_clock_was_set_back() -> None:
    """Those that a tick has seen and those that are new; who waits for no time goes on doing so."""
    book = BandBook(SYMBOLS)
    book.set(0, (), 100)
    book.set(1, (Band("AAA", 1, 10),))
    assert crossed(book, (5, 5, 5), 50) == []
    book.set(2, (), 110)
    book.set(3, (Band("BBB", 1, 10),))
    book.set_back(40)
    assert crossed(book, (5, 5, 5), 59) == []
    assert crossed(book, (5, 5, 5), 60) == [0]
    assert crossed(book, (5, 5, 5), 70) == [2]
    assert crossed(book, (5, 10, 5), 10**18) == [3]


def test_rows_are_used_again() -> None:
    """What a slot gives back serves others, so that the book grows with what is armed, not with time."""
    book = BandBook(SYMBOLS)
    for slot in range(1000):
        book.set(slot, (Band("AAA", 1, 2), Band("BBB", 1, 2)))
        book.clear(slot)
    assert book.rows_used == 2
    book.set(5, (Band("AAA", 1, 3),))
    book.set(5, ())
    assert crossed(book, [1, 1, 1]) == []


def test_the_book_grows_with_what_is_armed() -> None:
    """There is no limit to slots and rows but memory."""
    book = BandBook(SYMBOLS)
    for slot in range(300):
        book.set(slot, (Band("AAA", slot, 1000), Band("BBB", 1, 1000)))
    assert book.rows_used == 600
    assert crossed(book, [297, 5, 5]) == [297, 298, 299]


def test_clearing_an_unknown_slot_does_nothing() -> None:
    """An agent may leave that never armed anything."""
    book = BandBook(SYMBOLS)
    book.clear(10_000)
    book.clear(-1)
    assert crossed(book, [1, 1, 1]) == []


def test_a_mistake_changes_nothing() -> None:
    """An unknown symbol or a negative slot is refused, and what was armed stays armed."""
    book = BandBook(SYMBOLS)
    book.set(0, (Band("AAA", 10, 20),))
    with pytest.raises(UnknownBandSymbolError, match="ZZZ"):
        book.set(0, (Band("ZZZ", 10, 20),))
    with pytest.raises(ValueError, match="negative"):
        book.set(-1)
    assert crossed(book, [20, 15, 15]) == [0]


def test_a_band_has_its_lower_bound_below() -> None:
    """A band that no price is inside of is a mistake."""
    with pytest.raises(InvalidBandError, match="AAA goes from 20 to 20"):
        Band("AAA", 20, 20)


@pytest.mark.parametrize(
    ("low", "high"), [(-2, 20), (10, 2**63), (10, math.inf), (math.nan, 20), (10, math.nan)], ids=str
)
def test_a_band_lies_where_arrays_have_a_place_for_it(low: Any, high: Any) -> None:
    """Otherwise the next tick would fail, for everybody."""
    with pytest.raises(InvalidBandError, match="AAA goes from"):
        Band("AAA", low, high)
    book = BandBook(SYMBOLS)
    book.set(0, (Band("AAA", NO_LOW_MICROS, NO_HIGH_MICROS),))
    assert crossed(book, [20, 15, 15]) == []
