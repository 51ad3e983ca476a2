"""The port to people's standing: who they are, their sign-ins, and the keys of agents' programs.

Only hashes of secrets pass through here. Every change of a person, a sign-in or a key is committed together with its
event in the log, so that the audit shows it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from actors.model import Principal, User


class EmailTaken(ValueError):
    """Another person has this address, compared without case."""


@frozen
class SignIn:
    """One sign-in and the refresh tokens that come of it: a family, of which only the newest token is good.

    `token_hash` is that of the newest token. Times are microseconds since the epoch.
    """

    family_id: str
    user_id: str
    token_hash: str
    created_at_us: int
    expires_at_us: int
    revoked_at_us: int | None = None


class Rotation(StrEnum):
    """What became of an attempt to exchange a refresh token for the next one of its family."""

    ROTATED = "rotated"
    REUSED = "reused"
    """The token was not the family's newest: it was used before, so the whole family is revoked now."""
    ENDED = "ended"
    """The family is unknown, revoked or expired."""


@frozen
class AgentKey:
    """A key with which a program trades for one agent; `key_hash` stands for the secret, `hint` is how it ends."""

    key_id: str
    agent_id: str
    user_id: str
    name: str
    key_hash: str
    hint: str
    created_at_us: int
    revoked_at_us: int | None = None


class People(Protocol):
    """Storage of users, sign-ins and agents' keys.

    Every method raises actors.errors.JournalUnavailable when the storage cannot do it now; then nothing was changed.
    """

    async def user(self, user_id: str) -> User | None:
        """Return a person."""
        ...

    async def user_by_email(self, email: str) -> User | None:
        """Return the person with this address, compared without case."""
        ...

    async def users(self) -> Sequence[User]:
        """Return everybody, in the order in which they were added."""
        ...

    async def save_user(self, user: User, by: Principal, at_us: int, correlation_id: str | None) -> None:
        """Add or change a person. Raises EmailTaken."""
        ...

    async def open_sign_in(self, sign_in: SignIn, correlation_id: str | None) -> None:
        """Keep a new sign-in."""
        ...

    async def sign_in(self, family_id: str) -> SignIn | None:
        """Return a sign-in, whatever became of it."""
        ...

    async def rotate(
        self, family_id: str, used_hash: str, next_hash: str, at_us: int, correlation_id: str | None
    ) -> Rotation:
        """Put `next_hash` in the place of `used_hash` in one step; of two attempts with one token one succeeds."""
        ...

    async def end_sign_in(self, family_id: str, at_us: int, correlation_id: str | None) -> None:
        """Revoke a sign-in; without effect where it is unknown or revoked."""
        ...

    async def end_sign_ins_of(self, user_id: str, at_us: int, correlation_id: str | None) -> None:
        """Revoke every sign-in of a person."""
        ...

    async def add_key(self, key: AgentKey, by: Principal, correlation_id: str | None) -> None:
        """Keep a new key."""
        ...

    async def keys(self, agent_id: str) -> Sequence[AgentKey]:
        """Return the keys of an agent that are not revoked, oldest first."""
        ...

    async def key_by_hash(self, key_hash: str) -> AgentKey | None:
        """Return the key with this hash, whatever became of it."""
        ...

    async def revoke_key(
        self, agent_id: str, key_id: str, by: Principal, at_us: int, correlation_id: str | None
    ) -> bool:
        """Revoke a key of an agent; false where it has no such key, or it was revoked before."""
        ...
