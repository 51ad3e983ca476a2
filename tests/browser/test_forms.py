"""What is set up through the dashboard: keys of agents, their alerts and settings, and the people who may sign in."""

import re
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.chromium import Window, window
from tests.browser.floor_api import api, make_agent
from tests.e2e.program import Program

pytestmark = pytest.mark.browser

PASSWORD: Final = "correct horse"


def test_a_key_is_shown_once_exchanged_and_revoked(browser: Browser, floor: Program) -> None:
    """Each key is good until it is revoked; its secret stands nowhere once its dialog is closed."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Keys desk")
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go(f"agents/{agent_id}/settings")
        card = desk.page.get_by_role("region", name="Keys")
        card.get_by_label("What the key is for").fill("night bot")
        card.get_by_role("button", name="Make a key").click()
        first = kept_secret(desk)
        assert reads(floor.url, agent_id, first)
        expect(card.get_by_role("row").filter(has_text=f"…{first[-4:]}")).to_be_visible()
        assert first not in desk.page.content()
        card.get_by_role("button", name="Exchange the key for night bot").click()
        desk.page.get_by_role("button", name="Make the new key").click()
        second = kept_secret(desk)
        assert reads(floor.url, agent_id, first)
        desk.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(card.get_by_role("row").filter(has_text="night bot")).to_have_count(1)
        assert (reads(floor.url, agent_id, first), reads(floor.url, agent_id, second)) == (False, True)
        assert desk.wrongs == []


def test_alerts_are_shown_changed_and_kept(browser: Browser, floor: Program) -> None:
    """An empty share turns an alert off; a webhook gets a secret; what the API refuses stands at its field."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Alerts desk")
        with window(browser, floor.url) as desk:
            desk.sign_in()
            desk.go(f"agents/{agent_id}/settings")
            card = desk.page.get_by_role("region", name="Alerts")
            save = card.get_by_role("button", name="Save the alerts")
            card.get_by_label("API calls used").fill("101")
            save.click()
            expect(card.get_by_text("must be from 1 to 100")).to_be_visible()
            card.get_by_label("API calls used").fill("60")
            card.get_by_label("Lost from the peak").fill("")
            card.get_by_label("Tell the floor's Slack channel").uncheck()
            card.get_by_label("Webhook").fill("https://example.com/hooks")
            save.click()
            expect(card.get_by_label("Secret of the webhook")).to_have_value(re.compile("."))
        kept = client.get(f"/agents/{agent_id}/alerts").json()
    assert kept["thresholds"] == {"apiCalls": 60, "budget": 80, "drawdown": None}
    assert kept["channels"] == {"websocket": True, "slack": False, "webhookUrl": "https://example.com/hooks"}


def test_the_settings_of_an_agent_are_changed_and_cleared(browser: Browser, floor: Program) -> None:
    """Preferences and hours are put and taken away; what was not touched stays."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Settings desk")
        with window(browser, floor.url) as desk:
            desk.sign_in()
            desk.go(f"agents/{agent_id}/settings")
            card = desk.page.get_by_role("region", name="Settings of the agent")
            card.get_by_label("Name").fill("Renamed desk")
            card.get_by_label("Risk tolerance").fill("8")
            card.get_by_label("Sectors").fill("Technology, consumer staples")
            card.get_by_label("From").fill("09:30")
            card.get_by_label("Until").fill("16:00")
            card.get_by_label("Time zone").fill("Europe/Paris")
            card.get_by_role("button", name="Save the settings").click()
            expect(desk.page.get_by_role("heading", name="Renamed desk")).to_be_visible()
            changed = client.get(f"/agents/{agent_id}").json()
            card.get_by_label("From").fill("")
            card.get_by_label("Until").fill("")
            card.get_by_label("Name").fill("Cleared desk")
            card.get_by_role("button", name="Save the settings").click()
            expect(desk.page.get_by_role("heading", name="Cleared desk")).to_be_visible()
            cleared = client.get(f"/agents/{agent_id}").json()
            assert desk.wrongs == []
    assert (changed["riskTolerance"], changed["quotaConfig"]["apiCalls"]) == (8, 10_000)
    assert changed["assetPreferences"]["sectors"] == ["technology", "consumer_staples"]
    assert changed["tradingHours"] == {"start": "09:30", "end": "16:00", "timezone": "Europe/Paris"}
    assert (cleared["tradingHours"], cleared["assetPreferences"]) == (None, changed["assetPreferences"])


def test_an_admin_looks_after_people(browser: Browser, floor: Program) -> None:
    """Bob is added, gets another role and password, is shut out and let in: each time the API agrees."""
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go("settings")
        card = desk.page.get_by_role("region", name="People")
        card.get_by_label("E-mail", exact=True).fill("bob@example.com")
        card.get_by_label("First password").fill("short")
        card.get_by_role("button", name="Add").click()
        expect(card.get_by_text("must have 8 to 256 characters, not 5")).to_be_visible()
        card.get_by_label("First password").fill(PASSWORD)
        card.get_by_role("button", name="Add").click()
        bob = card.get_by_role("row").filter(has_text="bob@example.com")
        bob.get_by_role("combobox").select_option("approver")
        expect(bob.get_by_role("combobox")).to_have_value("approver")
        bob.get_by_role("button", name="New password").click()
        desk.page.get_by_label("New password, 8").fill("another horse")
        desk.page.get_by_role("button", name="Set the password").click()
        expect(desk.page.get_by_role("dialog")).to_have_count(0)
        assert (role_of(floor.url, PASSWORD), role_of(floor.url, "another horse")) == (None, "approver")
        shut_out(desk, bob)
        assert role_of(floor.url, "another horse") is None
        bob.get_by_role("button", name="Let in").click()
        expect(bob).to_contain_text("may sign in")
        assert role_of(floor.url, "another horse") == "approver"


def kept_secret(desk: Window) -> str:
    """Return the secret that a dialog shows, and close it; Escape does not."""
    dialog = desk.page.get_by_role("dialog")
    secret = dialog.get_by_label("Key").input_value()
    desk.page.keyboard.press("Escape")
    dialog.get_by_role("button", name="I have kept it").click()
    return secret


def shut_out(desk: Window, person: Locator) -> None:
    """Shut somebody out."""
    person.get_by_role("button", name="Shut out").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Shut out").click()
    expect(person).to_contain_text("shut out")


def reads(url: str, agent_id: str, key: str) -> bool:
    """Tell whether a key reads its agent."""
    answer = httpx.get(f"{url}/api/v1/agents/{agent_id}", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code == httpx.codes.OK


def role_of(url: str, password: str) -> str | None:
    """Return the role with which Bob signs in, or nothing if he may not."""
    answer = httpx.post(f"{url}/api/v1/auth/login", json={"email": "bob@example.com", "password": password}, timeout=30)
    return str(answer.json()["user"]["role"]) if answer.status_code == httpx.codes.OK else None
