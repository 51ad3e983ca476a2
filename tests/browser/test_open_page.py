"""What an open page lives through: sign-ins that end, frames that are dropped, and a person who looks elsewhere."""

import json
from contextlib import suppress
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Error, Route, WebSocketRoute, expect

from tests.browser.chromium import Window, window
from tests.browser.floor_api import api, buy, make_agent
from tests.e2e.program import DEMO, Program

pytestmark = pytest.mark.browser

CHANNELS: Final = ("portfolio", "trades", "oversight", "market")
LAGGED: Final[dict[str, Any]] = {
    "type": "lagged",
    "agentId": None,
    "seq": 1,
    "timestamp": "2026-01-01T00:00:00Z",
    "data": {},
}
"""What a client gets that was too slow; the floor says it in tests of its own, here it is put between."""

SESSION: Final = "JSON.parse(localStorage.getItem('tradefloor.session'))"
EXPIRE: Final = f"""
(token) => localStorage.setItem('tradefloor.session', JSON.stringify(
  {{ ...{SESSION}, expiresAt: Date.now() - 1000, token: token ?? {SESSION}.token }}))
"""
NOTICES: Final = """
window.told = [];
window.notes_hz = [];
Object.defineProperty(document, "hidden", { get: () => true });
window.Notification = class {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) { told.push({ title, body: options.body }); window.note = this; }
};
window.AudioContext = class {
  currentTime = 0;
  createOscillator() {
    const frequency = { set value(pitch_hz) { notes_hz.push(pitch_hz); } };
    return { frequency, connect: (next) => next, start() {}, stop() {} };
  }
  createGain() {
    return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next };
  }
};
"""
"""Stands in for what a headless browser cannot show or play; the page is told that nobody looks at it."""


def test_an_expired_token_is_renewed_without_a_word(browser: Browser, floor: Program) -> None:
    """The page goes on with a new one; nobody is asked anything."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Renewed desk")
    with window(browser, floor.url) as desk:
        desk.sign_in()
        before = desk.page.evaluate(SESSION)
        desk.page.evaluate(EXPIRE)
        desk.go(f"agents/{agent_id}")
        expect(desk.page.get_by_role("heading", name="Renewed desk")).to_be_visible()
        after = desk.page.evaluate(SESSION)
        assert after["refreshToken"] != before["refreshToken"]
        assert after["user"] == before["user"]
        assert desk.wrongs == []


def test_a_sign_in_that_has_ended_is_asked_for_over_the_page(browser: Browser, floor: Program) -> None:
    """What was being written is still there afterwards, and goes out."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Interrupted desk")
        with window(browser, floor.url) as desk:
            desk.sign_in()
            desk.go(f"agents/{agent_id}/settings")
            name = desk.page.get_by_label("Name")
            name.fill("Written before")
            token = desk.page.evaluate(SESSION)["token"]
            client.post("/auth/logout", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
            desk.page.evaluate(EXPIRE)
            save = desk.page.get_by_role("button", name="Save the settings")
            save.click()
            dialog = desk.page.get_by_role("dialog", name="Sign in again")
            dialog.get_by_label("Password").fill(DEMO["password"])
            dialog.get_by_role("button", name="Sign in").click()
            expect(dialog).to_have_count(0)
            expect(name).to_have_value("Written before")
            save.click()
            expect(desk.page.get_by_role("heading", name="Written before")).to_be_visible()
            expect(desk.page.locator("#connection")).to_have_text("Live")
            assert [wrong for wrong in desk.wrongs if "status of 401" not in wrong] == []


def test_frames_that_were_dropped_are_said_and_asked_for_again(browser: Browser, floor: Program) -> None:
    """The page says that it catches up, resumes after the sequence that it was given, and is live again."""
    asked: list[Any] = []
    routes: list[tuple[WebSocketRoute, WebSocketRoute]] = []

    def between(page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        routes.append((page, server))

        def forward(message: str | bytes) -> None:
            asked.append(json.loads(message))
            if "after" not in asked[-1]:
                server.send(message)

        page.on_message(forward)

    with api(floor.url) as client:
        make_agent(client, "Lagging desk")
    with window(browser, floor.url) as desk:
        desk.page.route_web_socket("**/ws", between)
        desk.sign_in()
        assert [frame["action"] for frame in asked] == ["authenticate", "subscribe"]
        page, server = routes[0]
        server.send(json.dumps({"action": "unsubscribe", "channels": list(CHANNELS)}))
        page.send(json.dumps(LAGGED))
        expect(desk.page.locator("#connection")).to_have_text("Catching up")
        expect(desk.page.locator("#stale")).to_contain_text("fallen behind")
        assert asked[-1]["after"] == 1
        server.send(json.dumps(asked[-1]))
        expect(desk.page.locator("#connection")).to_have_text("Live")
        expect(desk.page.locator("#stale")).to_be_hidden()
        assert (len(routes), desk.wrongs) == (1, [])


def test_a_floor_that_knows_less_than_the_page_is_read_anew(browser: Browser, floor: Program) -> None:
    """As after a restored backup: the sequence that the page would go on from is refused, so it begins afresh."""
    routes: list[tuple[WebSocketRoute, WebSocketRoute]] = []
    with api(floor.url) as client, window(browser, floor.url) as desk:
        desk.page.route_web_socket("**/ws", lambda page: routes.append((page, page.connect_to_server())))
        desk.sign_in()
        page, server = routes[0]
        server.send(json.dumps({"action": "unsubscribe", "channels": list(CHANNELS)}))
        make_agent(client, "Restored desk")
        page.send(json.dumps(LAGGED | {"seq": 10**9}))
        expect(desk.page.locator("#connection")).to_have_text("Live")
        expect(desk.page.get_by_role("link", name="Restored desk")).to_be_visible()
        assert desk.wrongs == []


def test_who_looks_elsewhere_is_told(browser: Browser, floor: Program) -> None:
    """By a sound and a notification, once they are wished for; the notification leads to the request."""
    with api(floor.url) as client, window(browser, floor.url) as desk:
        agent_id = make_agent(client, "Notified desk")
        desk.page.add_init_script(NOTICES)
        desk.page.reload()
        desk.sign_in()
        reject(client, buy(client, agent_id, "TSLA", 360))
        expect(desk.page.locator("#badge")).to_be_hidden()
        assert told(desk) == ([], [])
        desk.go("settings")
        desk.page.get_by_label("Play a sound").check()
        desk.page.get_by_label("Show a desktop notification").check()
        waiting = buy(client, agent_id, "TSLA", 360)
        desk.page.wait_for_function("told.length > 0")
        notes_hz, notifications = told(desk)
        assert notes_hz == [660, 880] * 2
        assert notifications[0]["title"] == "A trade waits for approval"
        assert notifications[0]["body"].startswith("buy 360 TSLA")
        desk.page.evaluate("note.onclick()")
        expect(desk.page.get_by_role("heading", name="Buy 360 TSLA")).to_be_visible()
        assert desk.page.url.endswith(f"#/approvals/{waiting['approvalRequestId']}")
        reject(client, waiting)
        assert desk.wrongs == []


def test_an_agent_is_paused_resumed_stopped_and_deleted(browser: Browser, floor: Program) -> None:
    """What destroys asks first; a deleted agent is gone from the floor."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Controlled desk")
        buy(client, agent_id, "AAPL", 10)
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go(f"agents/{agent_id}")
        head = desk.page.locator(".pagehead")
        for verb, status in (("Resume", "active"), ("Pause", "paused")):
            head.get_by_role("button", name=verb).click()
            expect(head.locator(".status")).to_have_text(status)
        head.get_by_role("button", name="Stop").click()
        desk.page.get_by_role("button", name="Cancel").click()
        expect(head.locator(".status")).to_have_text("paused")
        head.get_by_role("button", name="Stop").click()
        desk.page.get_by_role("button", name="Stop for good").click()
        expect(head.locator(".status")).to_have_text("stopped")
        expect(desk.page.get_by_role("region", name="Trade by hand")).to_be_hidden()
        expect(desk.page.get_by_text("It holds no shares.")).to_be_visible()
        head.get_by_role("button", name="Delete").click()
        desk.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(
            desk.page.get_by_role("table", name="Agents").or_(desk.page.get_by_text("no agents yet"))
        ).to_be_visible()
        expect(desk.page.get_by_role("link", name="Controlled desk")).to_have_count(0)
        assert desk.wrongs == []


def test_what_is_read_of_an_agent_ends_before_the_agent_does(browser: Browser, floor: Program) -> None:
    """Its page reads it again after each of its trades, and would look for what was deleted meanwhile."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "Doomed desk")
        buy(client, agent_id, "AAPL", 10)
    with window(browser, floor.url) as desk, api(floor.url) as client:
        desk.sign_in()
        desk.go(f"agents/{agent_id}")
        expect(desk.page.get_by_role("region", name="Positions").get_by_text("AAPL")).to_be_visible()
        held: list[Route] = []
        address = f"{floor.url}/api/v1/agents/{agent_id}"
        desk.page.route(
            address, lambda route: held.append(route) if route.request.method == "GET" else route.continue_()
        )
        with desk.page.expect_request(address):
            buy(client, agent_id, "AAPL", 1)
        desk.page.locator(".pagehead").get_by_role("button", name="Delete").click()
        desk.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(desk.page.get_by_role("heading", name="Floor")).to_be_visible()
        with suppress(Error):  # Nobody waits for its answer any more.
            held[0].continue_()
        expect(desk.page.get_by_role("link", name="Doomed desk")).to_have_count(0)
        # What the browser has to say of an earlier answer, it says before this one.
        desk.page.evaluate("fetch('/health/live').then((answer) => answer.text())")
        assert desk.wrongs == []


def test_an_order_that_waits_says_its_terms_and_is_cancelled(browser: Browser, floor: Program) -> None:
    """Its money is free again; what has filled meanwhile is not offered, and a long name stays on the page."""
    with api(floor.url) as client:
        agent_id = make_agent(client, "W" * 100)
        resting = {"orderType": "stop_limit", "stopPrice": 900, "limitPrice": 901.5, "timeInForce": "gtc"}
        order = {"symbol": "KO", "action": "buy", "quantity": 10}
        client.post(f"/agents/{agent_id}/trades", json=order | resting).raise_for_status()
        client.post(f"/agents/{agent_id}/trades", json=order).raise_for_status()
    with window(browser, floor.url) as desk:
        desk.sign_in()
        desk.go(f"agents/{agent_id}")
        row = desk.page.get_by_role("row").filter(has_text="stop $900.00, limit $901.50 · gtc")
        before = row.element_handle()
        with api(floor.url) as client:
            buy(client, agent_id, "KO", 1)
        expect(desk.page.get_by_role("cell", name="buy 1 KO")).to_be_visible()
        assert before.evaluate("row => row.isConnected"), "a click on it would be lost"
        row.get_by_role("button", name="Cancel the order to buy 10 KO").click()
        dialog = desk.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Keep it").click()
        expect(row.locator(".status")).to_have_text("pending")
        row.get_by_role("button", name="Cancel the order to buy 10 KO").click()
        dialog.get_by_role("button", name="Cancel the order").click()
        expect(row.locator(".status")).to_have_text("cancelled")
        expect(desk.page.locator(".tile").filter(has_text="Reserved").locator(".value")).to_have_text("$0.00")
        expect(desk.page.get_by_role("button", name="Cancel the order")).to_have_count(0)
        assert desk.page.evaluate("document.querySelector('main').scrollWidth <= innerWidth")
        assert desk.wrongs == []


def told(desk: Window) -> tuple[list[int], list[dict[str, str]]]:
    """Return the pitches that were played, and the notifications that were shown."""
    return desk.page.evaluate("notes_hz"), desk.page.evaluate("told")


def reject(client: Any, trade: Any) -> None:
    """Reject what waits."""
    client.post(f"/oversight/requests/{trade['approvalRequestId']}/reject", json={}).raise_for_status()
