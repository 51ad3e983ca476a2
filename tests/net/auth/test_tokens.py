"""Access tokens."""

from typing import Any

import jwt
import pytest

from net.auth.errors import TokenExpired, TokenInvalid
from net.auth.tokens import AccessClaims, AccessTokens, hash_secret

SECRET = b"s" * 32
NOW_US = 1_771_329_600_000_000
NOW_S = NOW_US // 1_000_000
TOKENS = AccessTokens(SECRET, 3600)
CLAIMS = {
    "iss": "tradefloor",
    "aud": "tradefloor-api",
    "sub": "usr_1",
    "sid": "ses_1",
    "typ": "access",
    "iat": NOW_S,
    "exp": NOW_S + 60,
}


def test_a_token_says_who_and_until_when() -> None:
    """What is issued is read; at its last microsecond it is still good."""
    token = TOKENS.issue("usr_1", "ses_1", NOW_US)
    expires_at_us = NOW_US + 3600 * 1_000_000
    assert TOKENS.read(token, expires_at_us - 1) == AccessClaims("usr_1", "ses_1", expires_at_us)
    with pytest.raises(TokenExpired):
        TOKENS.read(token, expires_at_us)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"aud": "another"},
        {"typ": "refresh"},
        {"exp": "soon"},
        {"exp": float(NOW_S + 60)},
        {"sid": 5},
        {"sub": None},
    ],
)
def test_claims_of_another_kind_are_refused(changes: dict[str, Any]) -> None:
    """Signed by us is not enough."""
    with pytest.raises(TokenInvalid):
        TOKENS.read(jwt.encode(CLAIMS | changes, SECRET, algorithm="HS256"), NOW_US)


@pytest.mark.parametrize("name", list(CLAIMS))
def test_every_claim_is_required(name: str) -> None:
    """A token without one of its claims is refused."""
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    with pytest.raises(TokenInvalid):
        TOKENS.read(jwt.encode(claims, SECRET, algorithm="HS256"), NOW_US)


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode(CLAIMS, b"t" * 32, algorithm="HS256"),
        jwt.encode(CLAIMS, b"s" * 64, algorithm="HS512"),
        jwt.encode(CLAIMS, "", algorithm="none"),
        "not.a.token",
        "",
        "x" * 5000,
    ],
)
def test_what_we_did_not_sign_this_way_is_refused(token: str) -> None:
    """Another secret, another algorithm, none at all, or no token."""
    with pytest.raises(TokenInvalid):
        TOKENS.read(token, NOW_US)


def test_hashes_of_secrets_differ() -> None:
    """The stored form says nothing of the secret."""
    assert hash_secret("a") != hash_secret("b")
    assert len(hash_secret("a")) == 64
