"""Where two runs part: the first event that is not the same in both logs."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import orjson
from attrs import frozen

from simulations.event_log import TRADE_FIELDS

_ABSENT = "(absent)"


@frozen
class Parting:
    """The first line, counted from 1, in which two logs differ; None stands for a log that has ended there."""

    line: int
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
    before: bytes | None = None
    for number, (one, other) in enumerate(zip_longest(first, second), start=1):
        if one != other:
            return Parting(number, _event(one), _event(other), _event(before))
        before = one
    return None


def changed_keys(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[tuple[str, object, object]]:
    """Return in what two scenarios differ, as the key and its value in either."""
    return list(_differences("", first, second))


def _event(line: bytes | None) -> Mapping[str, Any] | None:
    if line is None:
        return None
    event: dict[str, Any] = orjson.loads(line)
    values = event.get("trade")
    # The first line, which names the values, has nothing but the names.
    return event | {"trade": dict(zip(TRADE_FIELDS, values, strict=True))} if isinstance(values, list) else event


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
