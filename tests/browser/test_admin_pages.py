"""What only admins see: the audit and the tree of actors."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import window
from tests.browser.floor_api import api, make_agent
from tests.e2e.program import Program

pytestmark = pytest.mark.browser


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
