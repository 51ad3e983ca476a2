"""What a load measures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulations.load.plan import Call, Shot
from simulations.load.tally import (
    DIGITS_OF_A_SECOND,
    LATENCY_US_MAX,
    PERCENTILES,
    Cause,
    Failure,
    Tally,
    histogram,
    read_out,
    record,
)


@settings(max_examples=25)
@given(st.lists(st.floats(1e-6, 500), min_size=1, max_size=50))
def test_percentiles_are_true_to_their_digits(seconds: list[float]) -> None:
    """Each is the value of the nearest whole rank, within what two digits keep."""
    values = histogram(DIGITS_OF_A_SECOND)
    for value in seconds:
        record(values, value)
    found = read_out(values)
    ordered = sorted(seconds)
    assert found.count == len(seconds)
    assert found.max_ms == pytest.approx(ordered[-1] * 1e3, rel=2e-2, abs=2e-3)
    for percent in PERCENTILES:
        rank = max(1, int(len(ordered) * percent / 100 + 0.5))
        assert found.percentile_ms(percent) == pytest.approx(ordered[rank - 1] * 1e3, rel=2e-2, abs=2e-3)


def test_durations_out_of_range_count_at_its_ends() -> None:
    """A clock that runs behind gives the least, whoever never answers the most."""
    values = histogram()
    record(values, -5.0)
    record(values, 1e9)
    assert read_out(values).count == 2
    assert read_out(values).max_ms == pytest.approx(LATENCY_US_MAX / 1e3, rel=2e-3)


def test_an_empty_histogram_reads_as_zeros() -> None:
    """There is nothing to divide by."""
    assert read_out(histogram()).count == 0
    assert read_out(histogram()).max_ms == 0


def test_a_tally_counts_by_kind_second_and_cause() -> None:
    """What was answered well is timed, what was not is counted under its cause, with the first example."""
    tally = Tally()
    shots = [Shot(0, 0.2, Call.TRADES, 0), Shot(1, 0.9, Call.TRADES, 0), Shot(2, 1.1, Call.READS, 0)]
    for shot in shots:
        tally.due(shot)
        tally.started(0.001)
    assert tally.in_flight == 3
    tally.answered(shots[0], 0.010, None)
    tally.answered(shots[1], 0.020, Failure("429 Rate limited", "at most 5"))
    tally.answered(shots[2], 0.030, Failure("429 Rate limited", "at most 6"))
    tally.went_wrong(Failure("socket closed", "bye"))
    assert (tally.in_flight, tally.counts, tally.errors) == (0, (3, 1), 3)
    assert tally.causes == {"429 Rate limited": Cause(2, "at most 5"), "socket closed": Cause(1, "bye")}
    trades = tally.seconds[0][Call.TRADES]
    assert (trades.due, trades.failed, trades.latencies.total_count) == (2, 1, 1)
    assert (tally.seconds[1][Call.READS].due, tally.calls[Call.TRADES].due) == (1, 2)
