"""The inbox of the console."""

import pytest

from tests.fakes.console_floor import FakeFloor
from tests.fakes.control_answers import approval
from tests.fakes.piloting import AtTheConsole, at_the_console
from tradefloor.console.approvals import NOTHING, REQUESTS


def waiting(*request_ids: str) -> FakeFloor:
    """Return a floor on which these wait."""
    floor = FakeFloor()
    floor.wait(*request_ids)
    return floor


def test_the_inbox_fits_a_small_screen() -> None:
    """What waits on the left, risk and impact of one on the right."""
    screens: list[list[str]] = []

    async def look(console: AtTheConsole) -> None:
        await console.press("2")
        screens.append(console.lines())

    at_the_console(waiting("ovr_1", "ovr_2").connection(), look)

    assert screens[0][:15] == [
        " 1 Actors   2 Approvals (2)                                        ok  4 actors",
        " buy 500 TSLA  high risk        │ ovr_1  pending  buy 500 TSLA",
        " $75,000.00  until 03:10:00 UTC │ agent      agt_1",
        " buy 500 TSLA  high risk        │ why        the notional of $75,000.00 exceeds",
        " $75,000.00  until 03:10:00 UTC │            the threshold of $50,000.00",
        "                                │ it says    conviction",
        "                                │ value      $75,000.00",
        "                                │ risk       high",
        "                                │ cash       $98,495.20, afterwards $23,420.20",
        "                                │ position   0 TSLA, afterwards 500",
        "                                │ of equity  0.0% in TSLA, afterwards 75.0%",
        "                                │ exposure   $1,503.30, afterwards $76,503.30",
        "                                │ expires    2026-11-27T03:10:00Z",
        "                                │ because    TSLA would be 74.9 % of equity",
        "                                │            after the trade.",
    ]
    assert screens[0][-1] == " a Approve  r Reject  F5 Look  ? Help  q Quit"


@pytest.mark.parametrize(
    ("key", "reason", "expected", "told"),
    [
        ("a", "", ("ovr_1/approve", {}), "Approved buy 500 TSLA. The trade is completed."),
        (
            "a",
            "within plan",
            ("ovr_1/approve", {"reason": "within plan"}),
            "Approved buy 500 TSLA. The trade is completed.",
        ),
        ("r", "too much", ("ovr_1/reject", {"reason": "too much"}), "Rejected buy 500 TSLA. The trade is rejected."),
    ],
)
def test_a_decision_is_taken(key: str, reason: str, expected: tuple[str, dict[str, str]], told: str) -> None:
    """With its reason; then the next request is under the cursor."""
    floor = waiting("ovr_1", "ovr_2")

    async def decide(console: AtTheConsole) -> None:
        await console.press("2", key)
        await console.write(reason)
        await console.press("enter")
        assert console.told() == told
        assert console.lines()[0].startswith(" 1 Actors   2 Approvals (1)")
        assert "ovr_2  pending" in console.lines()[1]

    at_the_console(floor.connection(), decide)

    path, body = expected
    assert floor.posted == [(f"{REQUESTS}/{path}", body)]


def test_a_rejection_wants_a_reason() -> None:
    """Somebody's trade ends because of it."""
    floor = waiting("ovr_1")

    async def decide(console: AtTheConsole) -> None:
        await console.press("2", "r", "enter")
        assert any("A reason is wanted" in line for line in console.lines())
        await console.press("escape")
        assert console.told() == "ovr_1 still waits."

    at_the_console(floor.connection(), decide)

    assert floor.posted == []


def test_a_trade_that_failed_all_the_same_says_why() -> None:
    """An approval covers the price within a tolerance."""
    floor = waiting()
    failed = {**approval()["trade"], "failureReason": "the price has moved by 3 %"}
    floor.approvals = [approval(trade=failed)]

    async def decide(console: AtTheConsole) -> None:
        await console.press("2", "a", "enter")
        assert console.told().endswith(": the price has moved by 3 %.")

    at_the_console(floor.connection(), decide)


def test_what_comes_meanwhile_leaves_the_cursor_where_it_is() -> None:
    """Nobody approves what slid under the cursor."""
    floor = waiting("ovr_2", "ovr_3")

    async def look(console: AtTheConsole) -> None:
        await console.press("2", "j")
        floor.wait("ovr_1", "ovr_2", "ovr_3")
        await console.press("f5")
        assert "ovr_3  pending" in console.lines()[1]

    at_the_console(floor.connection(), look)


def test_an_empty_inbox_says_so() -> None:
    """Also when somebody wants to decide something there."""

    async def look(console: AtTheConsole) -> None:
        await console.press("2")
        assert "Nothing waits." in console.lines()[1]
        await console.press("a")
        assert console.told() == NOTHING

    at_the_console(waiting().connection(), look)
