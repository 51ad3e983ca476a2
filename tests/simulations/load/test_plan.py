"""What a load asks for and when."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulations.load.plan import Call, Plan, PlanError, parse_mix

weights = st.dictionaries(st.sampled_from(list(Call)), st.integers(0, 9), min_size=1).filter(lambda w: any(w.values()))


def plan(**changes: object) -> Plan:
    """Return a small plan with some changes."""
    given_values: dict[str, object] = {
        "agents": 10,
        "rate": 50.0,
        "seconds": 4.0,
        "weights": {Call.TRADES: 6, Call.READS: 3, Call.SOCKETS: 1},
        "sockets": 2,
    }
    return Plan(**{**given_values, **changes})  # type: ignore[arg-type]


@given(weights, st.integers(1, 7), st.sampled_from([0.5, 3.0, 10.0, 37.5]))
def test_the_schedule_is_even_and_mixed_as_asked(mix: dict[Call, int], agents: int, rate: float) -> None:
    """Due times are equally spaced, and after any request each kind is within one of its due part."""
    wanted = plan(weights=mix, agents=agents, rate=rate, seconds=12.0)
    seen: Counter[Call] = Counter()
    shots = list(wanted.shots())
    assert len(shots) == wanted.count == int(rate * 12)
    for number, shot in enumerate(shots):
        seen[shot.call] += 1
        assert (shot.number, shot.due_s) == (number, number / rate)
        assert all(abs(seen[call] - (number + 1) * wanted.share(call)) < 1 for call in mix)


@given(st.integers(1, 7), weights)
def test_each_agent_buys_and_sells_in_turn(agents: int, mix: dict[Call, int]) -> None:
    """Whoever trades over whatever, its first trade is a purchase and every second one a sale."""
    by_agent: dict[int, list[bool]] = {}
    for shot in plan(weights=mix, agents=agents).shots():
        if shot.call is not Call.READS:
            by_agent.setdefault(shot.agent, []).append(shot.is_sale)
    for sales in by_agent.values():
        assert sales == [number % 2 == 1 for number in range(len(sales))]


def test_reads_go_round_the_agents() -> None:
    """No agent is read more often than another, by more than one."""
    read = Counter(shot.agent for shot in plan().shots() if shot.call is Call.READS)
    assert set(read.values()) == {6}


def test_a_mix_is_read() -> None:
    """Names and weights, in any order, with blanks around them."""
    assert parse_mix("reads=3, trades=6") == {Call.READS: 3, Call.TRADES: 6}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("writes=1", "'writes' is no kind of request"),
        ("trades", "the weight of trades is a whole number"),
        ("trades=-1", "the weight of trades is a whole number"),
        ("trades=1,trades=2", "trades stands there twice"),
        ("trades=0,reads=0", "at least one weight is above zero"),
    ],
)
def test_a_bad_mix_is_refused(text: str, said: str) -> None:
    """The message names the part at fault."""
    with pytest.raises(PlanError, match=said):
        parse_mix(text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"agents": 0}, "agents: from 1 to 20,000, not 0"),
        ({"rate": 0.0}, "above zero"),
        ({"seconds": float("inf")}, "above zero, and finite"),
        ({"seconds": 4_000.0}, "at most 3,300 s"),
        ({"rate": 0.1}, "no single request"),
        ({"sockets": 0}, "sockets: at least one"),
        ({"agents": 1, "rate": 100.0, "seconds": 3_000.0}, "use --agents 3 or more"),
    ],
)
def test_an_impossible_plan_is_refused(changes: dict[str, object], said: str) -> None:
    """The message says what to change."""
    with pytest.raises(PlanError, match=said):
        plan(**changes)
