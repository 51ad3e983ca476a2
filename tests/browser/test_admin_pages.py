"""What only admins see: the audit and the tree of actors."""

from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.chromium import Window, window
from tests.browser.floor_api import api, make_agent
from tests.e2e.program import Program

pytestmark = pytest.mark.browser

LOOKS_AGAIN_MS_MAX: Final = 15_000
"""The audit is looked at every five seconds."""

CHILDREN_MAX: Final = 200
"""So many children of one node the page shows."""


def test_the_audit_is_read_from_its_end(browser: Browser, floor: Program) -> None:
    """The newest entry is on top, what happens meanwhile comes by itself, and older ones when asked for."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Audited desk")
        for _ in range(60):
            for verb in ("resume", "pause"):
                client.post(f"/agents/{agent_id}/{verb}").raise_for_status()
        with window(browser, floor.url) as desk:
            desk.sign_in()
            desk.go("audit")
            rows = desk.page.get_by_role("region", name="Entries").locator("tbody tr")
            expect(rows).to_have_count(100)
            client.post(f"/agents/{agent_id}/resume").raise_for_status()
            expect(rows).to_have_count(101)
            seqs = [int(text) for text in desk.page.locator("tbody td:first-child").all_inner_texts()]
            assert seqs == sorted(seqs, reverse=True)
            desk.page.get_by_role("button", name="Show older entries").click()
            expect(desk.page.get_by_role("button", name="Show older entries")).to_be_hidden()
            expect(rows.last).to_contain_text("user.changed")
            assert desk.wrongs == []


def test_an_audit_that_is_not_there_at_first_begins_at_its_end(browser: Browser, floor: Program) -> None:
    """Not with its oldest entries, on top of which the newest would be missing."""
    refusal = {"status": 503, "detail": "the journal is away", "title": "Service unavailable", "type": "about:blank"}
    with api(floor.url) as client:
        agent_id = make_agent(client, "Late audit")
        for _ in range(60):
            for verb in ("resume", "pause"):
                client.post(f"/agents/{agent_id}/{verb}").raise_for_status()
        newest = client.get("/audit", params={"before": 2**53, "limit": 1}).json()["items"][0]
    with window(browser, floor.url) as desk:
        desk.sign_in()
        refused = lambda route: route.fulfill(status=503, json=refusal)  # noqa: E731 -- as short as what it does
        desk.page.route("**/api/v1/audit?before=*", refused, times=1)
        desk.go("audit")
        entries = desk.page.get_by_role("region", name="Entries")
        expect(entries.get_by_text("the journal is away")).to_be_visible()
        rows = entries.locator("tbody tr")
        expect(rows).to_have_count(100, timeout=LOOKS_AGAIN_MS_MAX)
        assert int(rows.first.locator("td").first.inner_text()) >= newest["seq"]
        expect(desk.page.get_by_role("button", name="Show older entries")).to_be_visible()


def test_a_tree_of_any_size_is_walked_and_searched(browser: Browser, floor: Program) -> None:
    """Nodes open and close; of many children some are shown, and the rest is found by a part of its path."""
    with api(floor.url) as client:
        ids = [make_agent(client, f"Crowd {number}") for number in range(CHILDREN_MAX + 1)]
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go("supervision")
        tree = desk.page.get_by_role("region", name="Actors")
        expect(tree.get_by_text("more below /agents")).to_be_visible()
        tree.get_by_role("button", name="Below /agents", exact=True).click()
        expect(tree.get_by_text("more below /agents")).to_be_hidden()
        tree.get_by_role("button", name="drawdown", exact=True).focus()
        for key in ("ArrowDown", "ArrowRight"):
            desk.page.keyboard.press(key)
        expect(tree.get_by_text("more below /agents")).to_be_visible()
        expect(tree.get_by_role("button", name="agents", exact=True)).to_be_focused()
        tree.get_by_label("Find actors").fill(ids[-1])
        rows = tree.locator("tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.filter(has_text=f"/agents/{ids[-1]}/portfolio")).to_contain_text(f"Crowd {CHILDREN_MAX}")
        tree.get_by_label("Find actors").fill("nothing-like-it")
        expect(tree.get_by_text("No actor fits")).to_be_visible()
        assert [wrong for wrong in desk.wrongs if "status of 404" not in wrong] == []


def test_an_actor_is_paused_and_resumed(browser: Browser, floor: Program) -> None:
    """With a reason, which the audit keeps; what is waiting and why is seen in between."""
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go("supervision")
        market = desk.page.get_by_role("row").filter(has=desk.page.get_by_role("button", name="market", exact=True))
        for verb, state in (("Pause", "paused"), ("Resume", "running")):
            _order(desk, market, verb)
            expect(market).to_contain_text(state)
        market.get_by_role("button", name="market", exact=True).click()
        chosen = desk.page.get_by_role("region", name="The chosen actor")
        expect(chosen).to_contain_text("MarketActor")
        chosen.get_by_role("button", name="Close").click()
        expect(chosen).to_contain_text("Choose an actor")
        desk.go("audit")
        expect(desk.page.get_by_text("resume /market: odd prices")).to_be_visible()
        assert desk.wrongs == []


def test_actors_are_ranked_over_the_whole_floor(browser: Browser, floor: Program) -> None:
    """By what they do just now, by their mailboxes and by their restarts; where nothing stands out that is said."""
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go("supervision")
        actors = desk.page.get_by_role("region", name="Actors")
        actors.get_by_role("button", name="Busiest").click()
        expect(actors.get_by_role("button", name="/market", exact=True)).to_be_visible()
        actors.get_by_role("button", name="Restarted").click()
        expect(actors.get_by_text("No actor had to be restarted")).to_be_visible()
        actors.get_by_role("button", name="Fullest").click()
        expect(actors.get_by_text("No message waits in any mailbox.")).to_be_visible()
        actors.get_by_role("button", name="Tree").click()
        expect(actors.get_by_role("button", name="journal", exact=True)).to_be_visible()
        assert desk.wrongs == []


def test_actors_that_do_not_work_are_found(browser: Browser, floor: Program) -> None:
    """Wherever they are in the tree, and until they go on."""
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go("supervision")
        actors = desk.page.get_by_role("region", name="Actors")
        row = actors.get_by_role("row").filter(has_text="drawdown")
        _order(desk, row, "Pause")
        actors.get_by_role("button", name="Set aside").click()
        expect(row).to_contain_text("paused")
        expect(actors.get_by_text("1 of 1 actors.")).to_be_visible()
        _order(desk, row, "Resume")
        expect(actors.get_by_text("No actor has failed, is stuck, paused or stopped.")).to_be_visible()
        assert desk.wrongs == []


def _order(desk: Window, row: Locator, verb: str) -> None:
    """Have something done to the actor of a row, and say why."""
    row.get_by_role("button", name=verb).click()
    desk.page.get_by_role("dialog").get_by_label("Reason").fill("odd prices")
    desk.page.get_by_role("dialog").get_by_role("button", name=verb).click()
