"""Debian's Chromium, driven by Playwright, with everything that it should not do written down."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from attrs import field, frozen
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.program import DEMO

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE: Final = (1440, 900)
MIDDLE: Final = (900, 800)
NARROW: Final = (360, 740)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; the variable CHROMIUM names another one than the first on the path."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which(os.environ.get("CHROMIUM", "chromium")), args=[*FLAGS]
        )
        yield browser
        browser.close()


@frozen
class Window:
    """A window of somebody, and what went wrong in it: errors of scripts, and requests to other hosts."""

    page: Page
    url: str
    wrongs: list[str] = field(factory=list)

    def go(self, place: str) -> None:
        """Go to a page of the dashboard by its address after `#/`."""
        self.page.goto(f"{self.url}/#/{place}")

    def sign_in(self, email: str = DEMO["email"], password: str = DEMO["password"]) -> None:
        """Sign in, and wait until the floor is live."""
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.keyboard.press("Enter")
        self.page.locator("#connection.good").wait_for(state="attached")


@contextmanager
def window(browser: Browser, url: str, theme: str = "light", size: tuple[int, int] = WIDE) -> Iterator[Window]:
    """Open a window of a person of their own at the dashboard."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if theme == "dark" else "light"
    )
    opened = Window(context.new_page(), url)
    opened.page.on("console", lambda said: opened.wrongs.append(said.text) if said.type == "error" else None)
    opened.page.on("pageerror", lambda error: opened.wrongs.append(str(error)))
    opened.page.on("request", lambda asked: None if asked.url.startswith(url) else opened.wrongs.append(asked.url))
    opened.page.goto(url)
    yield opened
    context.close()


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page, and whether it is wider than its window."""
    found = Axe().run(page).response["violations"]
    said = [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
    return [*said, "it is too wide"] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else said
