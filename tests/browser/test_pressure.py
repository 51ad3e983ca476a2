"""The inbox under pressure: what is decided elsewhere or ends while somebody decides, by keyboard."""

from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import window
from tests.browser.floor_api import api, buy, make_agent
from tests.e2e.program import Program

pytestmark = pytest.mark.browser

APPROVE_WHEN_THE_LIST_CHANGES: Final = """
new MutationObserver((changes, observer) => {
  observer.disconnect();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
}).observe(document.querySelector(".inbox"), { childList: true })
"""


def ask_for(floor: Program, *quantities: int) -> list[str]:
    """Have an agent for each ask to buy so many TSLA, and return the requests, the first to expire first."""
    with api(floor.url) as client:
        agents = [make_agent(client, f"Pressed {quantity}") for quantity in quantities]
        return [
            buy(client, agent_id, "TSLA", quantity)["approvalRequestId"]
            for agent_id, quantity in zip(agents, quantities, strict=True)
        ]


def test_a_question_ends_when_somebody_else_has_decided(browser: Browser, floor: Program) -> None:
    """It says who and how, Enter does no harm any more, and the keyboard goes on with the next request."""
    first, second = ask_for(floor, 401, 402)
    with window(browser, floor.url) as desk, api(floor.url) as client:
        desk.sign_in()
        desk.go("approvals")
        expect(desk.page.get_by_role("heading", name="Buy 401 TSLA")).to_be_visible()
        desk.page.keyboard.press("r")
        question = desk.page.get_by_role("dialog")
        expect(question).to_contain_text("Expires in")
        desk.page.keyboard.type("too much")
        client.post(f"/oversight/requests/{first}/approve", json={}).raise_for_status()
        expect(question).to_contain_text("demo@example.com approved it meanwhile")
        expect(question.get_by_role("button", name="Reject")).to_be_hidden()
        desk.page.keyboard.press("Enter")
        expect(question).to_be_visible()
        desk.page.keyboard.press("Escape")
        expect(desk.page.get_by_role("button", name="Buy 402 TSLA")).to_be_focused()
        client.post(f"/oversight/requests/{second}/reject", json={}).raise_for_status()
        expect(desk.page.get_by_text("Nothing waits for you")).to_be_visible()
        assert desk.wrongs == []


def test_a_key_that_comes_too_late_decides_on_nothing_else(browser: Browser, floor: Program) -> None:
    """The request went just before the press: the question is about that one, not about the one in its place."""
    first, second = ask_for(floor, 403, 404)
    with window(browser, floor.url) as desk, api(floor.url) as client:
        desk.sign_in()
        desk.go("approvals")
        expect(desk.page.get_by_role("heading", name="Buy 403 TSLA")).to_be_visible()
        desk.page.evaluate(APPROVE_WHEN_THE_LIST_CHANGES)
        client.post(f"/oversight/requests/{first}/reject", json={}).raise_for_status()
        question = desk.page.get_by_role("dialog")
        expect(question).to_contain_text("Approve: Buy 403 TSLA?")
        expect(question).to_contain_text("demo@example.com rejected it meanwhile")
        desk.page.keyboard.press("Enter")
        desk.page.keyboard.press("Escape")
        expect(question).to_be_hidden()
        assert client.get(f"/oversight/requests/{second}").json()["status"] == "pending"
        client.post(f"/oversight/requests/{second}/reject", json={}).raise_for_status()
        assert desk.wrongs == []
