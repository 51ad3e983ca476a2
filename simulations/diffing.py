"""Where two runs part: the first event that is not the same in both logs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

import orjson
from attrs import frozen

from simulations.event_log import TRADE_FIELDS

_ABSENT = "(absent)"


@frozen
class Parting:
    """The first event in which two logs differ, by its number from 1; None stands for a log that has ended there."""

    number: int
    first: Mapping[str, Any] | None
    second: Mapping[str, Any] | None
    before: Mapping[str, Any] | None
    """The last event that both have, None where there is none."""

    def fields(self) -> list[tuple[str, object, object]]:
        """Return what differs, as the path of a field and its value in either log."""
        if self.first is None or self.second is None:
            return []
        return list(_differences("", self.first, self.second))


def first_parting(first: Iterable[bytes], second: Iterable[bytes]) -> Parting | None:
    """Return where two logs part, None where they are the same."""
    one, other = _log_of(first), _log_of(second)
    before: bytes | None = None
    for number, (line, other_line) in enumerate(zip_longest(one.lines, other.lines), start=1):
        if line != other_line:
            return Parting(number, one.event(line), other.event(other_line), one.event(before))
        before = line
    return None


def changed_keys(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[tuple[str, object, object]]:
    """Return in what two scenarios differ, as the key and its value in either."""
    return list(_differences("", first, second))


@frozen
class _Log:
    """The lines of events of a log, and the names of a trade's values there."""

    names: Sequence[str]
    lines: Iterable[bytes]

    def event(self, line: bytes | None) -> Mapping[str, Any] | None:
        """Return the event of a line, its trade's values by name."""
        if line is None:
            return None
        event: dict[str, Any] = orjson.loads(line)
        values = event.get("trade")
        return event | {"trade": dict(zip(self.names, values, strict=True))} if isinstance(values, list) else event


def _log_of(text: Iterable[bytes]) -> _Log:
    """Return a log by its text; a log that was written before trades stood in lists begins with an event."""
    lines = iter(text)
    for line in lines:
        first: dict[str, Any] = orjson.loads(line)
        return _Log(TRADE_FIELDS, chain([line], lines)) if "seq" in first else _Log(first["trade"], lines)
    return _Log(TRADE_FIELDS, ())


def _differences(path: str, first: Any, second: Any) -> Iterator[tuple[str, object, object]]:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys([*first, *second]):
            inner = f"{path}.{key}" if path else key
            yield from _differences(inner, first.get(key, _ABSENT), second.get(key, _ABSENT))
    elif isinstance(first, list) and isinstance(second, list):
        for index, (one, other) in enumerate(zip_longest(first, second, fillvalue=_ABSENT)):
            yield from _differences(f"{path}[{index}]", one, other)
    elif first != second:
        yield path, first, second
