"""Bytes to JSON values, strictly: what two parsers could read differently is refused."""

import json
from typing import Any, Final

import orjson

DEPTH_MAX: Final = 16
"""Nesting beyond what any request needs; deeper bodies only cost time."""


class MalformedJson(ValueError):
    """A body is not JSON that can be read in one way only; the message says where or why."""


def decode(body: bytes) -> Any:
    """Return the JSON value in `body`.

    Raises MalformedJson for an empty body, invalid UTF-8, lone surrogates, NaN and infinities, duplicate keys, and
    nesting deeper than DEPTH_MAX.
    """
    if not body:
        raise MalformedJson("the body is empty; a JSON object is wanted")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedJson(f"the body is not JSON: {error}") from error
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _is_deeper(value, DEPTH_MAX):
        raise MalformedJson(f"the body is nested deeper than {DEPTH_MAX} levels")
    if body.count(b":") > 1:
        json.loads(body, object_pairs_hook=_unique)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that comes twice: of two values one reader takes the first, another the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJson(f"the key {twice!r} stands twice in one object")
    return found


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels + 1):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(layer)
