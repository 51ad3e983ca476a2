"""How much the actor that is looked at handled from look to look."""

from collections import deque
from typing import Final

from attrs import define, field
from rich.text import Text

from tradefloor.operating.tables import count, sparkline

LOOKS_KEPT: Final = 24


@define
class Pace:
    """What one actor handled between the last looks; another actor begins anew."""

    _path: str = ""
    _handled: int = 0
    _between: deque[int] = field(factory=lambda: deque(maxlen=LOOKS_KEPT))

    def look(self, path: str, handled: int) -> None:
        """Take the counter of now; one that went back belongs to an actor that was made anew."""
        if path != self._path:
            self._path = path
            self._between.clear()
        else:
            self._between.append(max(0, handled - self._handled))
        self._handled = handled

    def line(self, path: str) -> Text:
        """Return a line about an actor, which is empty until there were two looks."""
        if path != self._path or not self._between:
            return Text()
        return Text.assemble(
            ("lately     ", "dim"),
            (sparkline(self._between), "cyan"),
            f" {count(self._between[-1])} since the last look",
        )
