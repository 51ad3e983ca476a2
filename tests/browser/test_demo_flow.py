"""The demo flow of the README in Chromium, from the sign-in to the last step: once by mouse, once by keyboard alone."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import Window, window
from tests.browser.hands import Hand, Keyboard, Mouse
from tests.e2e.program import DEMO, Program

pytestmark = pytest.mark.browser

BUDGET: Final = 100_000
STEPS: Final = [
    "agent created",
    "trade created",
    "trade executed",
    "trade created",
    "oversight request",
    "oversight approved",
    "trade executed",
]


@pytest.mark.parametrize("hand_of", [Mouse, Keyboard])
def test_the_demo_flow(browser: Browser, floor: Program, hand_of: Callable[[Page], Hand]) -> None:
    """Sign in, make an agent, buy, ask for approval, approve, and see what was used: each step as the issue asks."""
    with window(browser, floor.url) as desk:
        hand = hand_of(desk.page)
        sign_in(desk, hand)
        name = f"{hand_of.__name__} desk"
        make_agent(desk.page, hand, name)
        buy(desk.page, hand, "AAPL", 10)
        expect(trade_of(desk.page, "buy 10 AAPL")).to_contain_text("completed")
        paid = paid_for(trade_of(desk.page, "buy 10 AAPL"), 10)
        expect(tile(desk.page, "Cash")).to_have_text(f"${BUDGET - paid:,.2f}")
        buy(desk.page, hand, "TSLA", 500)
        expect(trade_of(desk.page, "buy 500 TSLA")).to_contain_text("pending approval")
        expect(tile(desk.page, "Reserved")).to_have_text(re.compile(r"\$7\d,\d{3}\.\d\d"))
        hand.go("Approvals")
        expect(desk.page.get_by_text("The reason given: conviction")).to_be_visible()
        hand.decide("Approve", "within plan")
        expect(desk.page.get_by_text("Nothing waits for you")).to_be_visible()
        hand.go("Floor")
        hand.press(desk.page.get_by_role("link", name=name))
        expect(trade_of(desk.page, "buy 500 TSLA")).to_contain_text("completed")
        expect(tile(desk.page, "Reserved")).to_have_text("$0.00")
        expect(region(desk.page, "Usage")).to_contain_text("2 of 10,000")
        expect(region(desk.page, "Events").locator("li .ellipsis")).to_contain_text(STEPS[::-1])
        expect(desk.page.locator(".main-svg").first).to_be_visible()
        assert desk.wrongs == []


def test_a_refused_form_says_why_at_each_field(browser: Browser, floor: Program) -> None:
    """What the API refuses stands at its field, the first of them has the focus, and mended it goes through."""
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go("agents/new")
        form = desk.page.get_by_role("form", name="New agent")
        form.get_by_label("Budget").fill("5")
        form.get_by_label("Symbols").fill("aapl, nope")
        form.get_by_label("From").fill("09:30")
        form.get_by_role("button", name="Create the agent").click()
        refusals = [
            "must have 3 to 100 characters, not 0",
            "must be from 100 to 100,000 dollars",
            "must not name 'NOPE'; known are AAPL",
            "must have 5 characters, not 0",
        ]
        expect(form.locator(".error:visible")).to_contain_text(refusals)
        expect(form.get_by_label("Name")).to_be_focused()
        form.get_by_label("Name").fill("Mended desk")
        form.get_by_label("Budget").fill("5000")
        form.get_by_label("Until").fill("16:00")
        form.get_by_label("Symbols").fill("aapl")
        form.get_by_role("button", name="Create the agent").click()
        expect(desk.page.get_by_role("heading", name="Mended desk")).to_be_visible()
        assert {wrong for wrong in desk.wrongs if "status of 400" not in wrong} == set()


def sign_in(desk: Window, hand: Hand) -> None:
    """Sign in, and wait until the floor is live."""
    hand.write(desk.page.get_by_label("E-mail"), DEMO["email"])
    hand.write(desk.page.get_by_label("Password"), DEMO["password"])
    hand.press(desk.page.get_by_role("button", name="Sign in"))
    desk.page.locator("#connection.good").wait_for()


def make_agent(page: Page, hand: Hand, name: str) -> None:
    """Make an agent through the form."""
    hand.press(page.get_by_role("link", name="New agent").first)
    form = page.get_by_role("form", name="New agent")
    hand.write(form.get_by_label("Name"), name)
    hand.pick(form.get_by_role("radiogroup", name="Strategy"), "custom")
    hand.write(form.get_by_label("Budget"), str(BUDGET))
    hand.write(form.get_by_label("Symbols"), "aapl, tsla")
    hand.press(form.get_by_role("button", name="Create the agent"))
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(tile(page, "Cash")).to_have_text(f"${BUDGET:,.2f}")


def buy(page: Page, hand: Hand, symbol: str, quantity: int) -> None:
    """Order by hand, and confirm."""
    form = region(page, "Trade by hand")
    hand.choose(form.get_by_label("Symbol"), symbol)
    hand.write(form.get_by_label("Shares"), str(quantity))
    hand.write(form.get_by_label("Reason"), "conviction")
    hand.press(form.get_by_role("button", name="Review the order"))
    hand.press(page.get_by_role("dialog").get_by_role("button", name="Buy"))
    expect(page.get_by_role("dialog")).to_have_count(0)


def region(page: Page, name: str) -> Locator:
    """Return a card of the page."""
    return page.get_by_role("region", name=name)


def tile(page: Page, label: str) -> Locator:
    """Return the number of a tile."""
    return region(page, "Standing").locator(".tile", has_text=label).locator(".value")


def trade_of(page: Page, order: str) -> Locator:
    """Return the row of a trade."""
    return region(page, "Trades").get_by_role("row").filter(has_text=order)


def paid_for(trade: Locator, quantity: int) -> float:
    """Return what a purchase cost in all: the price of each share, and a fee of a thousandth."""
    price, total = (float(cell.replace("$", "").replace(",", "")) for cell in trade.locator("td.num").all_inner_texts())
    assert total == pytest.approx(price * quantity * 1.001, abs=0.01)
    return total
