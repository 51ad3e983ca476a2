"""Access tokens: JWTs signed with HS256 (RFC 7519), and the secrets that are stored as hashes only."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Any, Final

import jwt
from attrs import frozen

from net.auth.errors import TokenExpired, TokenInvalid

ALGORITHM: Final = "HS256"
ISSUER: Final = "tradefloor"
AUDIENCE: Final = "tradefloor-api"
ACCESS: Final = "access"
SECRET_BYTES: Final = 32
TOKEN_CHARACTERS_MAX: Final = 2048
"""Longer than any token that is issued here."""

_CLAIMS: Final = ("iss", "aud", "sub", "sid", "typ", "iat", "exp")


@frozen
class AccessClaims:
    """What an access token says: who, through which sign-in, and until when (microseconds since the epoch)."""

    user_id: str
    family_id: str
    expires_at_us: int


class AccessTokens:
    """Issues and reads access tokens."""

    def __init__(self, secret: bytes, ttl_s: int) -> None:
        self._secret = secret
        self.ttl_s = ttl_s

    def issue(self, user_id: str, family_id: str, now_us: int) -> str:
        """Return a token for a user's sign-in."""
        now_s = now_us // 1_000_000
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": family_id,
            "typ": ACCESS,
            "iat": now_s,
            "exp": now_s + self.ttl_s,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str, now_us: int) -> AccessClaims:
        """Return what a token says. Raises TokenInvalid, or TokenExpired from its `exp` on."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise TokenInvalid("the token was not issued here")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # The time is read from our own clock below; the library would ask the host's.
                options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError as error:
            raise TokenInvalid("the token was not issued here, or has been changed") from error
        if claims["typ"] != ACCESS or not isinstance(claims["exp"], int) or not isinstance(claims["sid"], str):
            raise TokenInvalid("this is not an access token")
        expires_at_us = claims["exp"] * 1_000_000
        if now_us >= expires_at_us:
            raise TokenExpired("the token has expired; refresh it")
        return AccessClaims(claims["sub"], claims["sid"], expires_at_us)


def encode_secret(secret: bytes) -> str:
    """Return random bytes as text that fits into a header."""
    return urlsafe_b64encode(secret).rstrip(b"=").decode("ascii")


def hash_secret(text: str) -> str:
    """Return what is stored of a secret of full entropy; such a secret needs no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
