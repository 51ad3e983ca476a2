"""The dashboard as people use it: the real program, in Chromium."""

import signal
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import MIDDLE, NARROW, WIDE, violations, window
from tests.browser.floor_api import api, buy, make_agent
from tests.e2e.program import Program, ending, running, start

pytestmark = pytest.mark.browser

PAGES: Final = ("", "approvals", "supervision", "simulations", "audit", "settings", "agents/new")
SECOND_MS: Final = 1000


def test_the_inbox_by_keyboard_and_in_two_windows(browser: Browser, floor: Program) -> None:
    """One is chosen with j and rejected with r; the other window loses it within a second."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Keyboard desk")
        buy(client, agent_id, "AAPL", 340)
        other = make_agent(client, "Second desk")
        buy(client, other, "TSLA", 360)
    with window(browser, floor.url) as one, window(browser, floor.url) as two:
        for each in (one, two):
            each.sign_in()
            each.go("approvals")
            expect(each.page).to_have_title("(2) Approvals · Tradefloor")
        one.page.keyboard.press("j")
        one.page.keyboard.press("r")
        one.page.keyboard.type("too much at once")
        one.page.keyboard.press("Enter")
        expect(one.page).to_have_title("(1) Approvals · Tradefloor")
        expect(two.page).to_have_title("(1) Approvals · Tradefloor", timeout=SECOND_MS)
        one.page.keyboard.press("a")
        one.page.keyboard.press("Enter")
        expect(one.page.get_by_text("Nothing waits for you")).to_be_visible()
        expect(two.page.get_by_text("Nothing waits for you")).to_be_visible(timeout=SECOND_MS)
        assert one.wrongs + two.wrongs == []


def test_people_see_only_what_is_theirs(browser: Browser, floor: Program) -> None:
    """A trader sees no agent of another one, neither in the table nor by its address, and no page of admins."""
    with api(floor.url) as client:
        hidden = make_agent(client, "Not for Ann")
        ann = {"email": "ann@example.com", "role": "trader", "password": "correct horse"}
        client.post("/users", json=ann).raise_for_status()
    with api(floor.url, {"email": ann["email"], "password": ann["password"]}) as client:
        make_agent(client, "Ann's own")
    with window(browser, floor.url) as desk:
        desk.sign_in(ann["email"], ann["password"])
        expect(desk.page.get_by_role("link", name="Ann's own")).to_be_visible()
        expect(desk.page.get_by_role("link", name="Not for Ann")).to_have_count(0)
        expect(desk.page.get_by_role("link", name="Supervision")).to_have_count(0)
        desk.go(f"agents/{hidden}")
        expect(desk.page.get_by_text("There is no such agent")).to_be_visible()


def test_what_was_opened_in_an_outage_is_shown_after_it(browser: Browser, tmp_path: Path) -> None:
    """Each page that could not be read says so, and is read once the floor is back."""
    with running(tmp_path, "--no-demo") as program, api(program.url) as client, window(browser, program.url) as desk:
        agent_id = make_agent(client, "Late desk")
        desk.sign_in()
        others = [desk.page.context.new_page() for _ in range(2)]
        for page in others:
            page.goto(program.url)
            page.locator("#connection.good").wait_for(state="attached")
        program.process.send_signal(signal.SIGTERM)
        program.process.wait(timeout=30)
        desk.go(f"agents/{agent_id}")
        expect(desk.page.get_by_role("heading", name="The agent cannot be shown")).to_be_visible()
        others[0].goto(f"{program.url}/#/settings")
        others[1].goto(f"{program.url}/#/simulations")
        for page in others:
            expect(page.get_by_text("The floor cannot be reached. Try again").first).to_be_visible()
        port = program.url.rsplit(":", 1)[1]
        with ending(start(tmp_path, "--no-demo", "--port", port)):
            expect(desk.page.get_by_role("heading", name="Late desk")).to_be_visible()
            expect(others[0].get_by_role("region", name="People").get_by_text("demo@example.com")).to_be_visible()
            expect(others[1].get_by_label("Scenario").get_by_role("option", name="quickstart")).to_be_attached()


def test_a_restart_of_the_server_needs_no_reload(browser: Browser, tmp_path: Path) -> None:
    """The page says that it is out of date, comes back by itself, and shows what happened since."""
    with running(tmp_path, "--no-demo") as program, window(browser, program.url) as desk:
        desk.sign_in()
        desk.page.evaluate("window.isTheSame = true")
        program.process.send_signal(signal.SIGTERM)
        program.process.wait(timeout=30)
        expect(desk.page.locator("#stale")).to_be_visible()
        port = program.url.rsplit(":", 1)[1]
        with ending(start(tmp_path, "--no-demo", "--port", port)) as again:
            expect(desk.page.locator("#connection")).to_have_text("Live")
            with api(again.url) as client:
                buy(client, make_agent(client, "After the restart"), "AAPL", 1)
            expect(desk.page.get_by_role("link", name="After the restart")).to_be_visible()
            assert desk.page.evaluate("window.isTheSame")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, MIDDLE, NARROW], ids=["wide", "middle", "narrow"])
def test_every_page_is_accessible(browser: Browser, floor: Program, theme: str, size: tuple[int, int]) -> None:
    """axe-core finds nothing, and no page is wider than its window."""
    with api(floor.url) as client:
        agent_id = make_agent(client, f"Accessible {theme}")
        request_id = buy(client, agent_id, "TSLA", 360)["approvalRequestId"]
    with window(browser, floor.url, theme, size) as desk:
        found = [*violations(desk.page)]
        desk.sign_in()
        for place in (*PAGES, f"agents/{agent_id}", f"agents/{agent_id}/settings"):
            desk.go(place)
            desk.page.wait_for_load_state("networkidle")
            found += [f"{place}: {each}" for each in violations(desk.page)]
        found += desk.wrongs
    with api(floor.url) as client:
        client.post(f"/oversight/requests/{request_id}/reject", json={}).raise_for_status()
    assert "\n".join(found) == ""
