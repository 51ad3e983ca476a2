"""Take the pictures of the dashboard out of a running demo: `python -m tests.browser.screenshots FOLDER`."""

import sys
import tempfile
from pathlib import Path

import httpx
import trio

from tests.browser.chromium import NARROW, WIDE, chromium, window
from tests.browser.floor_api import api, buy, make_agent
from tests.e2e.program import running
from tests.soak.pauses import pause

PAGES = {
    "floor": "",
    "approvals": "approvals",
    "supervision": "supervision",
    "simulations": "simulations",
    "audit": "audit",
    "settings": "settings",
    "new-agent": "agents/new",
}
SETTLED_MS = 2500
BETWEEN_LOOKS_S = 0.5


def main(folder: Path) -> None:
    """Write a PNG of every page, light and dark, wide and narrow."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, running(Path(data)) as program, chromium() as browser:
        with api(program.url) as client:
            agent_id = make_agent(client, "Conviction desk")
            buy(client, agent_id, "AAPL", 80)
            buy(client, agent_id, "TSLA", 500)
            (hunter,) = client.get("/agents", params={"search": "Momentum"}).json()["items"]
            buy(client, make_agent(client, "Energy desk"), "XOM", 600)
            first, second = simulate(client, program.url)
        for theme in ("light", "dark"):
            for name, size in (("wide", WIDE), ("narrow", NARROW)):
                with window(browser, program.url, theme, size) as desk:
                    desk.page.screenshot(path=folder / f"sign-in-{theme}-{name}.png")
                    desk.sign_in()
                    for page, place in {
                        **PAGES,
                        "agent": f"agents/{hunter['agentId']}",
                        "simulation": f"simulations/{first}",
                        "comparison": f"simulations/compare/{first},{second}",
                    }.items():
                        desk.go(place)
                        if page == "supervision" and size == WIDE:
                            desk.page.get_by_role("button", name="market", exact=True).click()
                        desk.page.wait_for_timeout(SETTLED_MS)
                        desk.page.screenshot(path=folder / f"{page}-{theme}-{name}.png")


def simulate(client: httpx.Client, url: str) -> list[str]:
    """Run a scenario twice, with two settings, leave one running and one waiting; return the ids of the first two."""
    at = f"{url}/admin/v1/simulations"
    done = [
        client.post(at, json={"scenario": "quickstart", "settings": settings}).raise_for_status().json()["simulationId"]
        for settings in ([], ["oversight.approvers=1", "oversight.ttl='30m'"])
    ]
    while any(client.get(f"{at}/{one}").raise_for_status().json()["endedAt"] is None for one in done):
        trio.run(pause, BETWEEN_LOOKS_S)
    for wanted in ({"scenario": "overnight-approvals", "days": 400}, {"scenario": "flash-crash"}):
        client.post(at, json=wanted).raise_for_status()
    return done


if __name__ == "__main__":
    main(Path(sys.argv[1]))
