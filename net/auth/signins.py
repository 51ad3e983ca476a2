"""Signing in and out: passwords for tokens, refresh tokens for newer ones."""

import hashlib
import logging
from collections.abc import Callable
from typing import Final

from attrs import frozen

from actors.model import User
from actors.ports.clock import Clock, Ids
from actors.ports.people import People, Rotation, SignIn
from net.auth.errors import BadCredentials, LoginThrottled, RefreshRefused
from net.auth.identity import Identity, Recogniser
from net.auth.passwords import Passwords
from net.auth.tokens import SECRET_BYTES, AccessTokens, encode_secret, hash_secret
from net.auth.windows import FixedWindows
from supervisor import correlation_id

ATTEMPTS_WINDOW_S: Final = 900
ATTEMPTS_PER_PAIR_MAX: Final = 5
"""Failures of one address at one account: nobody mistypes more often in a quarter of an hour."""
ATTEMPTS_PER_IP_MAX: Final = 30
ATTEMPTS_PER_ACCOUNT_MAX: Final = 100
"""Failures at one account from everywhere: high, as whoever reaches it shuts the owner out."""

_log = logging.getLogger(__name__)


@frozen
class Tokens:
    """What a sign-in hands out; `expires_in_s` is the access token's."""

    access: str
    refresh: str
    expires_in_s: int
    user: User


class SignIns:
    """Opens, prolongs and ends sign-ins."""

    def __init__(
        self,
        people: People,
        passwords: Passwords,
        tokens: AccessTokens,
        recogniser: Recogniser,
        clock: Clock,
        ids: Ids,
        entropy: Callable[[int], bytes],
        refresh_ttl_s: int,
    ) -> None:
        self._people = people
        self._passwords = passwords
        self._tokens = tokens
        self._recogniser = recogniser
        self._clock = clock
        self._ids = ids
        self._entropy = entropy
        self._refresh_ttl_us = refresh_ttl_s * 1_000_000
        self._attempts = {
            "ip": FixedWindows(ATTEMPTS_PER_IP_MAX, ATTEMPTS_WINDOW_S),
            "pair": FixedWindows(ATTEMPTS_PER_PAIR_MAX, ATTEMPTS_WINDOW_S),
            "account": FixedWindows(ATTEMPTS_PER_ACCOUNT_MAX, ATTEMPTS_WINDOW_S),
        }

    async def sign_in(self, email: str, password: str, ip: str) -> Tokens:
        """Return tokens for an address and its password.

        Raises BadCredentials, LoginThrottled or LoginBusy; none of them, nor the time it takes, tells whether the
        account exists.
        """
        keys = self._count_attempt(email, ip)
        user = await self._people.user_by_email(email)
        known = user is not None and not user.disabled
        fits = await self._passwords.fits(user.password_hash if user is not None and known else None, password)
        if user is None or not fits:
            raise BadCredentials("the address or the password is wrong")
        for name, key in keys.items():
            self._attempts[name].give_back(key)
        now_us = self._clock.now_us()
        family_id = self._ids.new("ses")
        refresh = self._new_refresh_token(family_id)
        await self._people.open_sign_in(
            SignIn(family_id, user.user_id, hash_secret(refresh), now_us, now_us + self._refresh_ttl_us),
            correlation_id.get(),
        )
        # A password that was changed meanwhile has ended all sign-ins but this one.
        current = await self._people.user(user.user_id)
        if current is None or current.disabled or current.password_hash != user.password_hash:
            await self._people.end_sign_in(family_id, self._clock.now_us(), correlation_id.get())
            raise BadCredentials("the address or the password is wrong")
        return self._tokens_for(user, family_id, refresh, now_us)

    async def refresh(self, token: str) -> Tokens:
        """Return new tokens for a refresh token, which is thereby used up.

        Raises RefreshRefused. A token that comes a second time was stolen, here or there: its family is revoked.
        """
        family_id = token.partition(".")[0]
        now_us = self._clock.now_us()
        refresh = self._new_refresh_token(family_id)
        outcome = await self._people.rotate(
            family_id, hash_secret(token), hash_secret(refresh), now_us, correlation_id.get()
        )
        if outcome is Rotation.REUSED:
            self._recogniser.forget(lambda identity: identity.family_id == family_id)
            _log.warning("refresh token reused; sign-in revoked", extra={"family_id": family_id})
        sign_in = await self._people.sign_in(family_id) if outcome is Rotation.ROTATED else None
        user = None if sign_in is None else await self._people.user(sign_in.user_id)
        if user is None or user.disabled:
            raise RefreshRefused("the refresh token was used before, revoked or expired; sign in again")
        return self._tokens_for(user, family_id, refresh, now_us)

    async def sign_out(self, identity: Identity) -> None:
        """End the sign-in through which somebody calls; its tokens are good no more."""
        family_id = identity.family_id
        if family_id is not None:
            await self._people.end_sign_in(family_id, self._clock.now_us(), correlation_id.get())
            self._recogniser.forget(lambda other: other.family_id == family_id)

    def _count_attempt(self, email: str, ip: str) -> dict[str, str]:
        """Count an attempt before it is made, so that many at once do not slip through; success gives it back.

        What the address may not try at all counts for no account: else one address alone could shut an owner out.
        """
        account = hashlib.sha256(email.casefold().encode()).hexdigest()
        keys = {"ip": ip, "pair": f"{ip} {account}", "account": account}
        now_us = self._clock.now_us()
        for name, key in keys.items():
            standing = self._attempts[name].take(key, now_us)
            if not standing.allowed:
                raise LoginThrottled(standing.reset_s)
        return keys

    def _new_refresh_token(self, family_id: str) -> str:
        return f"{family_id}.{encode_secret(self._entropy(SECRET_BYTES))}"

    def _tokens_for(self, user: User, family_id: str, refresh: str, now_us: int) -> Tokens:
        access = self._tokens.issue(user.user_id, family_id, now_us)
        return Tokens(access, refresh, self._tokens.ttl_s, user)
