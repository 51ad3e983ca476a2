"""What Chromium and the floor take of the machine: processor time and memory, by process."""

from pathlib import Path
from typing import Any, Final

import httpx
from attrs import field, frozen
from playwright.sync_api import Browser, CDPSession

SPENT: Final = "process_cpu_seconds_total "


@frozen
class Processes:
    """The processes of a browser and of the floor that it shows."""

    browser: Browser
    url: str
    _session: CDPSession = field(init=False)

    @_session.default
    def _open(self) -> CDPSession:
        return self.browser.new_browser_cdp_session()

    def spent_s(self) -> dict[str, float]:
        """Return the processor time that each kind of process has used so far, in seconds."""
        spent = {"the floor": self._floor_s(), "the page": 0.0, "Chromium beside it": 0.0}
        for each in self._listed():
            spent["the page" if each["type"] == "renderer" else "Chromium beside it"] += each["cpuTime"]
        return spent

    def waited_s(self) -> float:
        """Return how long the page's main thread has waited for a processor so far, in seconds."""
        waits = [Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[1] for pid in self._renderers()]
        return sum(map(int, waits)) / 1e9

    def page_mb(self) -> float:
        """Return the resident memory of the process that shows the page, the larger one where another is kept ready."""
        statuses = [Path(f"/proc/{pid}/status") for pid in self._renderers()]
        lines = [line for status in statuses for line in status.read_text().splitlines() if line.startswith("VmRSS:")]
        return max(int(line.split()[1]) for line in lines) * 1_024 / 1_000_000

    def _renderers(self) -> list[int]:
        return [each["id"] for each in self._listed() if each["type"] == "renderer"]

    def _listed(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self._session.send("SystemInfo.getProcessInfo")["processInfo"]
        return listed

    def _floor_s(self) -> float:
        metrics = httpx.get(f"{self.url}/metrics", timeout=30).raise_for_status().text
        return next(float(line.removeprefix(SPENT)) for line in metrics.splitlines() if line.startswith(SPENT))
