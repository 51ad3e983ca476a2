"""Simulations in Chromium: started, watched, cancelled and compared, by mouse and by keyboard; reports are opened."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest
import trio
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import NARROW, WIDE, Window, violations, window
from tests.browser.floor_api import api
from tests.browser.hands import Hand, Keyboard, Mouse
from tests.e2e.program import Program, eventually

pytestmark = pytest.mark.browser

AT: Final = "/admin/v1/simulations"
REPORT_OF_9: Final = re.compile("^Report of quickstart, .*seed.9")
REFUSED: Final = "Failed to load resource: the server responded with a status of 400 ()"
"""What Chromium says by itself of an answer that the page shows at its field."""

RUN_MS: Final = 180_000
"""A run leaves the processor to everybody else."""

HAS_STORAGE: Final = """() => {
  try { return localStorage.length >= 0; } catch (error) { return error.name; }
}"""


@pytest.fixture(scope="module")
def done(floor: Program) -> list[str]:
    """Run three simulations, of which the last is cancelled before it begins, and return their ids."""
    wanted: dict[str, Any] = {"scenario": "quickstart", "agents": 6, "days": 0.2}
    with simulations(floor) as client:
        ids = []
        for settings in ([], ["oversight.approvers=1", "oversight.ttl='30m'"], []):
            started = client.post(AT, json={**wanted, "settings": settings}).raise_for_status()
            ids.append(str(started.json()["simulationId"]))
        client.post(f"{AT}/{ids[-1]}/cancel").raise_for_status()
        until_all_are_over(client)
    return ids


@pytest.fixture
def nothing_left(floor: Program) -> Iterator[None]:
    """Remove every simulation afterwards."""
    yield
    with simulations(floor) as client:
        for item in listed(client):
            client.post(f"{AT}/{item['simulationId']}/cancel")  # What has ended refuses that.
        until_all_are_over(client)
        for item in listed(client):
            client.delete(f"{AT}/{item['simulationId']}").raise_for_status()


def simulations(floor: Program) -> httpx.Client:
    """Return a client that may ask about simulations."""
    client = api(floor.url)
    client.base_url = httpx.URL(floor.url)
    return client


def listed(client: httpx.Client) -> list[Any]:
    """Return all simulations."""
    items: list[Any] = client.get(AT).raise_for_status().json()["items"]
    return items


def until_all_are_over(client: httpx.Client) -> None:
    """Ask until nothing waits or runs."""

    async def are_over() -> bool:
        return all(item["endedAt"] for item in listed(client))

    trio.run(eventually, are_over, RUN_MS / 1_000)


@pytest.mark.parametrize("hand_of", [Mouse, Keyboard])
def test_simulations_from_the_start_to_the_comparison(
    browser: Browser, floor: Program, nothing_left: None, hand_of: Callable[[Page], Hand]
) -> None:
    """A mistake is said at its field; two runs are started, watched and compared, and a report is opened."""
    with window(browser, floor.url) as desk:
        desk.sign_in()
        hand = hand_of(desk.page)
        hand.go("Simulations")
        form = desk.page.get_by_role("form", name="Start a simulation")
        hand.choose(form.get_by_label("Scenario"), "quickstart")
        hand.write(form.get_by_label("Agents"), "6")
        hand.write(form.get_by_label("Days"), "0.1")
        hand.write(form.get_by_label("Other keys"), "oversight.approvers=x")
        hand.press(form.get_by_role("button", name="Start"))
        expect(form.get_by_text("oversight.approvers: must be a whole number, not 'x'")).to_be_visible()
        hand.write(form.get_by_label("Other keys"), "oversight.approvers=1")
        for seed in ("8", "9"):
            hand.write(form.get_by_label("Seed"), seed)
            hand.press(form.get_by_role("button", name="Start"))
            expect(run_of(desk.page, seed)).to_be_visible()
        for seed in ("8", "9"):
            expect(run_of(desk.page, seed)).to_contain_text("completed", timeout=RUN_MS)
            hand.tick(run_of(desk.page, seed).get_by_role("checkbox"))
        hand.press(desk.page.get_by_role("link", name="Compare 2 runs"))
        figures = desk.page.get_by_role("region", name="Figures side by side").get_by_role("table")
        expect(figures.get_by_role("columnheader")).to_have_count(3)
        expect(figures.get_by_role("row", name="Ticks of the market")).to_contain_text("the same")
        report_opens(desk, hand, figures.get_by_role("link", name=REPORT_OF_9))
        assert desk.wrongs == [REFUSED]


def test_a_run_is_watched_and_cancelled(browser: Browser, floor: Program, nothing_left: None) -> None:
    """Its chart grows; it ends at its next tick, with a report of what was run by then."""
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go("simulations")
        form = desk.page.get_by_role("form", name="Start a simulation")
        form.get_by_label("Days").fill("3000")
        form.get_by_role("button", name="Start").click()
        desk.page.get_by_role("link", name="quickstart", exact=True).click()
        expect(desk.page.locator(".main-svg").first).to_be_visible(timeout=RUN_MS)
        expect(desk.page.get_by_role("progressbar")).to_be_visible()
        desk.page.get_by_role("button", name="Cancel").click()
        desk.page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
        expect(desk.page.get_by_role("region", name="Figures")).to_be_visible(timeout=RUN_MS)
        expect(desk.page.get_by_text("cancelled", exact=True)).to_be_visible()
        report_opens(desk, Mouse(desk.page), desk.page.get_by_role("link", name="Open the report"))
        desk.page.get_by_role("button", name="Remove").click()
        desk.page.get_by_role("dialog").get_by_role("button", name="Remove it").click()
        expect(desk.page.get_by_text("No simulation yet")).to_be_visible()
        assert desk.wrongs == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_simulations_are_accessible(
    browser: Browser, floor: Program, done: list[str], theme: str, size: tuple[int, int]
) -> None:
    """The list, a run, one without a result, and runs side by side."""
    first, second, cancelled = done
    places = {
        "simulations": "completed",
        f"simulations/{first}": "Open the report",
        f"simulations/{cancelled}": "It was cancelled before it began.",
        f"simulations/compare/{first},{second}": "Gain of all together",
        f"simulations/compare/{first},{cancelled}": "These cannot be compared",
    }
    with window(browser, floor.url, theme, size) as desk:
        desk.sign_in()
        found = []
        for place, text in places.items():
            desk.go(place)
            desk.page.get_by_text(text).first.wait_for()
            desk.page.wait_for_load_state("networkidle")
            found += [f"{place}: {each}" for each in violations(desk.page)]
    assert "\n".join(found) == ""


def run_of(page: Page, seed: str) -> Locator:
    """Return the row of the run with a seed."""
    return page.get_by_role("row").filter(has_text=f"seed {seed}")


def report_opens(desk: Window, hand: Hand, link: Locator) -> None:
    """Open a report in a window of its own: its charts are drawn, and it is kept apart from the sign-in."""
    with desk.page.expect_popup() as opened:
        hand.press(link)
    report = opened.value
    expect(report.locator(".main-svg").first).to_be_visible()
    assert report.evaluate(HAS_STORAGE) == "SecurityError"
    assert report.evaluate("opener") is None
    report.close()
