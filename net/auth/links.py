"""Links that open one thing in a browser for a while, where no token can be sent along."""

from typing import Final

import jwt

from net.auth.errors import TokenExpired, TokenInvalid
from net.auth.tokens import ALGORITHM, ISSUER, TOKEN_CHARACTERS_MAX

AUDIENCE: Final = "tradefloor-link"
"""No access token has it, and what has it is no access token."""

STEP_S: Final = 1_800
"""The same thing has the same link for so long, so that a page which asks again need not change it."""

STEPS_MAX: Final = 3


class Links:
    """Issues and reads the tickets that stand in such links."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, subject: str, now_us: int) -> str:
        """Return a ticket for a thing, good for an hour at least."""
        expires_s = (now_us // 1_000_000 // STEP_S + STEPS_MAX) * STEP_S
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": expires_s}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, ticket: str, now_us: int) -> str:
        """Return what a ticket is for. Raises TokenInvalid, or TokenExpired when its time is over."""
        if len(ticket) > TOKEN_CHARACTERS_MAX:
            raise TokenInvalid("the link was not made here")
        try:
            claims = jwt.decode(
                ticket,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # The time is read from our own clock; the library would ask the host's.
                options={"require": ["iss", "aud", "sub", "exp"], "verify_exp": False},
            )
        except jwt.InvalidTokenError as error:
            raise TokenInvalid("the link was not made here, or has been changed") from error
        if now_us >= claims["exp"] * 1_000_000:
            raise TokenExpired("the link has expired; open it from the dashboard again")
        subject: str = claims["sub"]
        return subject
