"""Links that open one thing for a while."""

import jwt
import pytest

from net.auth.errors import TokenExpired, TokenInvalid
from net.auth.links import STEP_S, STEPS_MAX, Links
from net.auth.tokens import AccessTokens

SECRET = b"s" * 32
NOW_US = STEP_S * 1_000_000 * 983_000
"""The beginning of a step, at which a link lives longest."""

LINKS = Links(SECRET)
CLAIMS = {"iss": "tradefloor", "aud": "tradefloor-link", "sub": "sim_1", "exp": NOW_US // 1_000_000 + 60}


def test_a_ticket_says_what_it_is_for() -> None:
    """It is the same for a while, and good for an hour at least."""
    first = LINKS.issue("sim_1", NOW_US)
    last_us = NOW_US + STEP_S * 1_000_000 - 1
    assert LINKS.issue("sim_1", last_us) == first
    assert LINKS.issue("sim_1", last_us + 1) != first
    assert LINKS.read(first, last_us + 3_600 * 1_000_000) == "sim_1"
    with pytest.raises(TokenExpired, match="open it from the dashboard again"):
        LINKS.read(first, NOW_US + STEPS_MAX * STEP_S * 1_000_000)


@pytest.mark.parametrize(
    "ticket",
    [
        "",
        "x.y.z",
        "a" * 3_000,
        jwt.encode({**CLAIMS, "aud": "tradefloor-api"}, SECRET, algorithm="HS256"),
        jwt.encode({**CLAIMS, "iss": "somebody"}, SECRET, algorithm="HS256"),
        jwt.encode({name: claim for name, claim in CLAIMS.items() if name != "exp"}, SECRET, algorithm="HS256"),
        jwt.encode(CLAIMS, b"t" * 32, algorithm="HS256"),
        jwt.encode(CLAIMS, None, algorithm="none"),
    ],
)
def test_what_was_not_made_here_opens_nothing(ticket: str) -> None:
    """Neither a token for something else, nor another secret, nor none."""
    with pytest.raises(TokenInvalid):
        LINKS.read(ticket, NOW_US)


def test_a_ticket_is_no_token_and_a_token_no_ticket() -> None:
    """Whoever sees the address of a report has no way into the API by it."""
    tokens = AccessTokens(SECRET, 3_600)
    with pytest.raises(TokenInvalid):
        tokens.read(LINKS.issue("usr_1", NOW_US), NOW_US)
    with pytest.raises(TokenInvalid):
        LINKS.read(tokens.issue("usr_1", "ses_1", NOW_US), NOW_US)
