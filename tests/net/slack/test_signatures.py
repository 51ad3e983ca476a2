"""Slack's signatures: its own example, what is refused, and nothing twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from net.slack.signatures import WINDOW_S, SlackSignatureRefused, SlackSignatures, sign

SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
AT_S = 1531420618
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


class StoppedClock(Clock):
    """A clock that stands still."""

    def now(self) -> float:
        """Return the time of the example."""
        return AT_S


def test_the_example_of_slacks_documentation_is_taken_once() -> None:
    """A second time it is a replay."""
    signatures = SlackSignatures(SECRET)
    signatures.check(str(AT_S), SIGNATURE, BODY, AT_S + 1)
    with pytest.raises(SlackSignatureRefused, match="came before"):
        signatures.check(str(AT_S), SIGNATURE, BODY, AT_S + WINDOW_S)


@pytest.mark.parametrize(
    ("timestamp", "signature", "now_s", "reason"),
    [
        (None, SIGNATURE, AT_S, "are wanted"),
        (str(AT_S), None, AT_S, "are wanted"),
        ("soon", SIGNATURE, AT_S, "no number"),
        ("-1", SIGNATURE, AT_S, "no number"),
        ("9" * 4_400, SIGNATURE, AT_S, "no number"),
        (str(AT_S), SIGNATURE, AT_S + WINDOW_S + 1, "more than 300 s ago"),
        (str(AT_S), SIGNATURE, AT_S - WINDOW_S - 1, "ahead of the clock"),
        (str(AT_S), SIGNATURE[:-1] + "4", AT_S, "does not fit"),
        (str(AT_S), "v0=\u00e4", AT_S, "does not fit"),
        (str(AT_S + 1), SIGNATURE, AT_S, "does not fit"),
        (str(AT_S), "", AT_S, "does not fit"),
    ],
)
def test_anything_else_is_refused(timestamp: str | None, signature: str | None, now_s: int, reason: str) -> None:
    """With the reason; and it is not remembered."""
    signatures = SlackSignatures(SECRET)
    with pytest.raises(SlackSignatureRefused, match=reason):
        signatures.check(timestamp, signature, BODY, now_s)
    signatures.check(str(AT_S), SIGNATURE, BODY, AT_S)


def test_without_a_secret_nothing_is_taken() -> None:
    """Not even what an empty secret would sign."""
    with pytest.raises(SlackSignatureRefused, match="SLACK_SIGNING_SECRET is not set"):
        SlackSignatures(None).check(str(AT_S), sign(b"", str(AT_S), BODY), BODY, AT_S)


def test_what_is_remembered_goes_with_the_window() -> None:
    """So that a busy day fills no memory."""
    signatures = SlackSignatures(SECRET)
    for offset in range(0, 4 * WINDOW_S, 10):
        timestamp = str(AT_S + offset)
        signatures.check(timestamp, sign(SECRET, timestamp, b""), b"", AT_S + offset)
    assert len(signatures._seen) <= WINDOW_S / 10 + 1


@given(st.binary(max_size=200))
def test_slacks_own_library_agrees(body: bytes) -> None:
    """On every body that is text."""
    text = body.hex()
    assert SignatureVerifier(SECRET.decode(), clock=StoppedClock()).is_valid(
        text, str(AT_S), sign(SECRET, str(AT_S), text.encode())
    )
