"""Take the pictures of the dashboard out of a running demo: `python -m tests.browser.screenshots FOLDER`."""

import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import NARROW, WIDE, chromium, window
from tests.browser.floor_api import api, buy, make_agent
from tests.e2e.program import running

PAGES = {
    "floor": "",
    "approvals": "approvals",
    "supervision": "supervision",
    "audit": "audit",
    "settings": "settings",
    "new-agent": "agents/new",
}
SETTLED_MS = 2500


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
        for theme in ("light", "dark"):
            for name, size in (("wide", WIDE), ("narrow", NARROW)):
                with window(browser, program.url, theme, size) as desk:
                    desk.page.screenshot(path=folder / f"sign-in-{theme}-{name}.png")
                    desk.sign_in()
                    for page, place in {**PAGES, "agent": f"agents/{hunter['agentId']}"}.items():
                        desk.go(place)
                        desk.page.wait_for_timeout(SETTLED_MS)
                        desk.page.screenshot(path=folder / f"{page}-{theme}-{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
