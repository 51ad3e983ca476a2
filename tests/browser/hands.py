"""Two ways to use a page: with a mouse, and with a keyboard alone. A flow that takes a hand works with either."""

from typing import Final, Protocol

from attrs import frozen
from playwright.sync_api import Locator, Page

TABS_MAX: Final = 120
PLACES: Final = {"Floor": "f", "Approvals": "a", "Supervision": "s", "Simulations": "m", "Audit": "u", "Settings": "e"}
"""The pages of the side, with the key that leads there after g."""

_HAS_FOCUS: Final = "element => element === document.activeElement"


class Hand(Protocol):
    """What a person does with a page."""

    def press(self, target: Locator) -> None:
        """Press a button, or follow a link."""

    def tick(self, target: Locator) -> None:
        """Tick a box."""

    def write(self, target: Locator, text: str) -> None:
        """Write into a field that is empty, or over what stands there."""

    def choose(self, target: Locator, option: str) -> None:
        """Choose an option of a list."""

    def pick(self, group: Locator, option: str) -> None:
        """Pick one of a group of radio buttons."""

    def go(self, place: str) -> None:
        """Go to a page of the side."""

    def decide(self, verb: str, reason: str) -> None:
        """Approve or reject the request that is chosen."""


@frozen
class Mouse:
    """Clicks; writes where it has clicked."""

    page: Page

    def press(self, target: Locator) -> None:
        """Click."""
        target.click()

    tick = press

    def write(self, target: Locator, text: str) -> None:
        """Click into the field three times, which selects what is there, and type."""
        target.click(click_count=3)
        self.page.keyboard.type(text)

    def choose(self, target: Locator, option: str) -> None:
        """Choose."""
        target.select_option(option)

    def pick(self, group: Locator, option: str) -> None:
        """Click what stands beside the button."""
        group.get_by_text(option, exact=True).click()

    def go(self, place: str) -> None:
        """Click the link."""
        self.page.get_by_role("link", name=place).first.click()

    def decide(self, verb: str, reason: str) -> None:
        """Click, write why, and click twice, as people do under pressure."""
        self.page.get_by_role("button", name=verb).click()
        dialog = self.page.get_by_role("dialog")
        self.write(dialog.get_by_label("Reason"), reason)
        dialog.get_by_role("button", name=verb).dblclick()


@frozen
class Keyboard:
    """Moves by Tab, and by the keys that the page offers. It never touches an element otherwise."""

    page: Page

    def press(self, target: Locator) -> None:
        """Go there, and press Enter."""
        self._tab_to(target)
        self.page.keyboard.press("Enter")

    def tick(self, target: Locator) -> None:
        """Go there, and press Space."""
        self._tab_to(target)
        self.page.keyboard.press("Space")

    def write(self, target: Locator, text: str) -> None:
        """Go there, and type over what stands there."""
        self._tab_to(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, option: str) -> None:
        """Go there, to the first option, and down by the arrow.

        Lists search by what is typed, too, but begin anew when a second passes between two keys.
        """
        self._tab_to(target)
        options = target.get_by_role("option").all_text_contents()
        self.page.keyboard.press("Home")
        for _ in range(options.index(option)):
            self.page.keyboard.press("ArrowDown")

    def pick(self, group: Locator, option: str) -> None:
        """Go to the one that is picked, and on by the arrow."""
        self._tab_to(group.locator("input:checked"))
        wanted = group.get_by_role("radio", name=option)
        while not wanted.is_checked():
            self.page.keyboard.press("ArrowDown")

    def go(self, place: str) -> None:
        """Press g and the key of the page."""
        self.page.keyboard.press("g")
        self.page.keyboard.press(PLACES[place])

    def decide(self, verb: str, reason: str) -> None:
        """Press a or r, write why, and press Enter."""
        self.page.keyboard.press(verb[0].lower())
        self.page.keyboard.type(reason)
        self.page.keyboard.press("Enter")

    def _tab_to(self, target: Locator) -> None:
        """Press Tab until it has the focus."""
        target.wait_for()
        for _ in range(TABS_MAX):
            if target.evaluate(_HAS_FOCUS):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {target}")
