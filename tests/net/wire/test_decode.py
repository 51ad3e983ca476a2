"""Bytes to JSON values."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.wire.decode import DEPTH_MAX, MalformedJson, decode

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab:{", max_size=3), inner),
    max_leaves=8,
)


@given(VALUES)
def test_what_another_encoder_wrote_is_read(value: Any) -> None:
    """Any value of moderate depth comes back as it was."""
    if _depth(value) <= DEPTH_MAX:
        assert decode(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b'"\\ud800"', "not JSON"),
        (b"[NaN]", "not JSON"),
        (b"[Infinity]", "not JSON"),
        (b'{"a":1,"b":{"c":1,"c":2}}', "'c' stands twice"),
        (b"[" * 1100 + b"]" * 1100, "not JSON"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(body: bytes, said: str) -> None:
    """Each refusal says why."""
    with pytest.raises(MalformedJson, match=said):
        decode(body)


@pytest.mark.parametrize(("depth", "refused"), [(DEPTH_MAX, False), (DEPTH_MAX + 1, True)])
def test_depth_is_limited(depth: int, refused: bool) -> None:
    """The limit itself is allowed, one level more is not; width is no depth."""
    body = b'{"a":' * (depth - 1) + b"[" + b"[]," * 30 + b"1" + b"]" + b"}" * (depth - 1)
    body = body.replace(b"[],", b"1,")
    if refused:
        with pytest.raises(MalformedJson, match="deeper"):
            decode(body)
    else:
        decode(body)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max((_depth(item) for item in inner), default=0)
