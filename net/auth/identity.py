"""Recognising a caller by the Authorization header, at the cost of one look-up while nothing changes."""

from collections.abc import Callable
from typing import Final

from attrs import frozen

from actors.model import Principal, Role, User
from actors.ports.clock import Clock
from actors.ports.people import People
from net.auth.errors import CredentialsMissing, TokenInvalid
from net.auth.tokens import AccessTokens, hash_secret

KEY_PREFIX: Final = "key_"
CACHED_MAX: Final = 10_000
RECHECK_US: Final = 10_000_000
"""For so long a recognised caller is not looked up again: a change made by another process shows within 10 s."""

RANK: Final = {role: rank for rank, role in enumerate(Role)}


@frozen
class Identity:
    """A recognised caller. `family_id` is the sign-in of a person, None for an agent's key.

    `email` is the person's address, for a key that of the person it belongs to. `good_until_us` is when the caller is
    looked up again, `expires_at_us` when the token ends (None: a key, good until it is revoked).
    """

    principal: Principal
    email: str
    family_id: str | None
    good_until_us: int
    expires_at_us: int | None

    @property
    def is_person(self) -> bool:
        """Whether a person is calling, not a program with an agent's key."""
        return self.family_id is not None

    @property
    def scope(self) -> str:
        """Whose idempotency keys the caller's are: a person's, or those of an agent's programs."""
        return self.principal.agent_id or self.principal.user_id

    def has(self, role: Role) -> bool:
        """Tell whether the caller may do what this role may."""
        return RANK[self.principal.role] >= RANK[role]


Concern = Callable[[Identity], bool]
"""Tells whether a change concerns somebody."""


class Recogniser:
    """Turns credentials into identities and remembers them for a while."""

    def __init__(self, people: People, tokens: AccessTokens, clock: Clock) -> None:
        self._people = people
        self._tokens = tokens
        self._clock = clock
        self._cached: dict[str, Identity] = {}
        self._residents: dict[str, Identity] = {}
        self._followers: list[Callable[[Concern], None]] = []
        self._changes = 0

    def admit(self, credential: str, identity: Identity) -> None:
        """Let a credential stand for somebody as long as this process runs. It must never leave the process."""
        self._residents[credential] = identity

    def cached(self, credential: str, now_us: int) -> Identity | None:
        """Return who shows this credential, if that was looked up just now."""
        identity = self._cached.get(credential) or self._residents.get(credential)
        return identity if identity is not None and now_us < identity.good_until_us else None

    async def recognise(self, credential: str) -> Identity:
        """Return who shows a credential: an access token, or an agent's key. Raises Unauthorized."""
        now_us = self._clock.now_us()
        identity = self.cached(credential, now_us)
        if identity is None:
            self._cached.pop(credential, None)
            changes = self._changes
            if credential.startswith(KEY_PREFIX):
                identity = await self._by_key(credential, now_us)
            else:
                identity = await self._by_token(credential, now_us)
            if len(self._cached) >= CACHED_MAX:
                del self._cached[next(iter(self._cached))]
            if changes == self._changes:  # Else what was read may be what has just changed.
                self._cached[credential] = identity
        return identity

    def follow(self, hear: Callable[[Concern], None]) -> None:
        """Let whoever keeps identities hear, too, whom a change concerns."""
        self._followers.append(hear)

    def forget(self, concerned: Concern) -> None:
        """Look up again whom a change of a role, a standing, a sign-in or a key concerns."""
        self._changes += 1
        self._cached = {key: identity for key, identity in self._cached.items() if not concerned(identity)}
        for hear in self._followers:
            hear(concerned)

    async def _by_token(self, token: str, now_us: int) -> Identity:
        claims = self._tokens.read(token, now_us)
        sign_in = await self._people.sign_in(claims.family_id)
        if sign_in is None or sign_in.revoked_at_us is not None or sign_in.user_id != claims.user_id:
            raise TokenInvalid("this sign-in has ended; sign in again")
        user = await self._standing(claims.user_id)
        return Identity(
            Principal(user.user_id, user.email, user.role),
            user.email,
            claims.family_id,
            min(claims.expires_at_us, now_us + RECHECK_US),
            claims.expires_at_us,
        )

    async def _by_key(self, secret: str, now_us: int) -> Identity:
        key = await self._people.key_by_hash(hash_secret(secret))
        if key is None or key.revoked_at_us is not None:
            raise TokenInvalid("the key is unknown, or was revoked")
        owner = await self._standing(key.user_id)
        role = min(owner.role, Role.TRADER, key=RANK.__getitem__)
        principal = Principal(owner.user_id, f"{key.name} ({key.key_id})", role, agent_id=key.agent_id)
        return Identity(principal, owner.email, None, now_us + RECHECK_US, None)

    async def _standing(self, user_id: str) -> User:
        user = await self._people.user(user_id)
        if user is None or user.disabled:
            raise TokenInvalid("the account is disabled")
        return user


def bearer(authorization: str | None) -> str:
    """Return the credential of an Authorization header. Raises CredentialsMissing."""
    if not authorization:
        raise CredentialsMissing("sign in, and send the token as Authorization: Bearer <token>")
    scheme, _, credential = authorization.partition(" ")
    if scheme.lower() != "bearer" or not credential.strip():
        raise CredentialsMissing("the Authorization header must be: Bearer <token>")
    return credential.strip()
