"""People, their sign-ins and agents' keys in the floor's database: implements `actors.ports.people.People`.

Every change is decided on what is stored and committed with its event, in one transaction of the one writer; that is
what makes the exchange of a refresh token atomic. All events stand in the stream of the person concerned, also those of
keys: what happens to a key is about who may trade, and has no place among what an agent did. No secret, nor the hash of
one, is in an event.
"""

# ruff: noqa: S608 - statements are put together from constants; every value is bound.

from collections.abc import Sequence

from actors.events import (
    Event,
    KeyCreated,
    KeyRevoked,
    UserChanged,
    UserPasswordChanged,
    UserRefreshed,
    UserRefreshReused,
    UserSignedIn,
    UserSignedOut,
)
from actors.model import FLOOR, Principal, User
from actors.ports.journal import Commit
from actors.ports.people import AgentKey, Rotation, SignIn
from persistence import queries
from persistence.changes import Change
from persistence.rows import Row
from persistence.sqlite import Connection
from persistence.store import SqliteStore

_SIGN_IN_COLUMNS = "family_id, user_id, token_hash, created_at_us, expires_at_us, revoked_at_us"
_KEY_COLUMNS = "key_id, agent_id, user_id, name, key_hash, hint, created_at_us, revoked_at_us"

_SIGN_IN = f"SELECT {_SIGN_IN_COLUMNS} FROM sign_ins WHERE family_id = ?"
_OPEN_SIGN_INS = f"""
SELECT {_SIGN_IN_COLUMNS} FROM sign_ins WHERE user_id = ? AND revoked_at_us IS NULL ORDER BY created_at_us, family_id
"""
_INSERT_SIGN_IN = f"INSERT INTO sign_ins ({_SIGN_IN_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
_SET_TOKEN = "UPDATE sign_ins SET token_hash = ? WHERE family_id = ?"  # noqa: S105 - a statement
_REVOKE_SIGN_IN = "UPDATE sign_ins SET revoked_at_us = ? WHERE family_id = ?"
_KEYS = f"SELECT {_KEY_COLUMNS} FROM agent_keys WHERE agent_id = ? AND revoked_at_us IS NULL ORDER BY position"
_KEY_BY_HASH = f"SELECT {_KEY_COLUMNS} FROM agent_keys WHERE key_hash = ?"
_OWNER_OF_KEY = "SELECT user_id FROM agent_keys WHERE key_id = ? AND agent_id = ? AND revoked_at_us IS NULL"
_INSERT_KEY = f"INSERT INTO agent_keys ({_KEY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_REVOKE_KEY = "UPDATE agent_keys SET revoked_at_us = ? WHERE key_id = ?"


class PersonUnknown(LookupError):
    """A sign-in or key is to be kept for somebody who was never added: a defect of the caller."""


class SqlitePeople:
    """Users, sign-ins and agents' keys in the floor's database."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def user(self, user_id: str) -> User | None:
        """Return a person."""
        return await self._store.user(user_id)

    async def user_by_email(self, email: str) -> User | None:
        """Return the person with this address, compared without case."""
        return await self._store.user_by_email(email)

    async def users(self) -> Sequence[User]:
        """Return everybody, in the order in which they were added."""
        return await self._store.read(queries.users)

    async def save_user(self, user: User, by: Principal, at_us: int, correlation_id: str | None) -> None:
        """Add or change a person. Raises EmailTaken; NotStorable for an address that is no Unicode text."""
        await self._store.change("save the person", _save_user, user, by, at_us, correlation_id)

    async def open_sign_in(self, sign_in: SignIn, correlation_id: str | None) -> None:
        """Keep a new sign-in. Raises PersonUnknown."""
        await self._store.change("keep the sign-in", _open_sign_in, sign_in, correlation_id)

    async def sign_in(self, family_id: str) -> SignIn | None:
        """Return a sign-in, whatever became of it."""
        return await self._store.read(_sign_in, family_id)

    async def rotate(
        self, family_id: str, used_hash: str, next_hash: str, at_us: int, correlation_id: str | None
    ) -> Rotation:
        """Put `next_hash` in the place of `used_hash` in one step; of two attempts with one token one succeeds.

        A token that was used before revokes its family. From its `expires_at_us` on a family has ended.
        """
        return await self._store.change(
            "refresh the sign-in", _rotate, family_id, used_hash, next_hash, at_us, correlation_id
        )

    async def end_sign_in(self, family_id: str, at_us: int, correlation_id: str | None) -> None:
        """Revoke a sign-in, as the person themself; without effect where it is unknown or revoked."""
        await self._store.change("end the sign-in", _end_sign_in, family_id, at_us, correlation_id)

    async def end_sign_ins_of(self, user_id: str, at_us: int, correlation_id: str | None) -> None:
        """Revoke every sign-in of a person, as the floor: it follows from what somebody changed about the person."""
        await self._store.change("end the sign-ins", _end_sign_ins_of, user_id, at_us, correlation_id)

    async def add_key(self, key: AgentKey, by: Principal, correlation_id: str | None) -> None:
        """Keep a new key. Raises PersonUnknown; NotStorable for a name that is no Unicode text."""
        await self._store.change("keep the key", _add_key, key, by, correlation_id)

    async def keys(self, agent_id: str) -> Sequence[AgentKey]:
        """Return the keys of an agent that are not revoked, oldest first."""
        return await self._store.read(_keys, agent_id)

    async def key_by_hash(self, key_hash: str) -> AgentKey | None:
        """Return the key with this hash, whatever became of it."""
        return await self._store.read(_key_by_hash, key_hash)

    async def revoke_key(
        self, agent_id: str, key_id: str, by: Principal, at_us: int, correlation_id: str | None
    ) -> bool:
        """Revoke a key of an agent; false where it has no such key, or it was revoked before."""
        return await self._store.change("revoke the key", _revoke_key, agent_id, key_id, by, at_us, correlation_id)


def _save_user(
    connection: Connection, user: User, by: Principal, at_us: int, correlation_id: str | None
) -> Change[None]:
    before = queries.user(connection, user.user_id)
    events: list[Event] = []
    if before is None or (before.email, before.role, before.disabled) != (user.email, user.role, user.disabled):
        events.append(UserChanged(user.user_id, user.email, user.role, user.disabled))
    if before is not None and before.password_hash != user.password_hash:
        events.append(UserPasswordChanged(user.user_id))
    if not events:
        return Change(None)
    return Change(None, Commit(user.user_id, at_us, by, correlation_id, tuple(events), users=(user,)))


def _sign_in(connection: Connection, family_id: str) -> SignIn | None:
    row = connection.execute(_SIGN_IN, (family_id,)).fetchone()
    return None if row is None else SignIn(*row)


def _open_sign_in(connection: Connection, sign_in: SignIn, correlation_id: str | None) -> Change[None]:
    event = UserSignedIn(sign_in.user_id, sign_in.family_id, sign_in.expires_at_us)
    row = (
        sign_in.family_id,
        sign_in.user_id,
        sign_in.token_hash,
        sign_in.created_at_us,
        sign_in.expires_at_us,
        sign_in.revoked_at_us,
    )
    commit = _by_themself(connection, sign_in.user_id, sign_in.created_at_us, correlation_id, event)
    return Change(None, commit, ((_INSERT_SIGN_IN, row),))


def _rotate(
    connection: Connection, family_id: str, used_hash: str, next_hash: str, at_us: int, correlation_id: str | None
) -> Change[Rotation]:
    kept = _sign_in(connection, family_id)
    if kept is None or kept.revoked_at_us is not None or at_us >= kept.expires_at_us:
        return Change(Rotation.ENDED)
    if kept.token_hash != used_hash:
        reused = UserRefreshReused(kept.user_id, family_id)
        commit = Commit(kept.user_id, at_us, FLOOR, correlation_id, (reused,))
        return Change(Rotation.REUSED, commit, (_revocation(family_id, at_us),))
    refreshed = UserRefreshed(kept.user_id, family_id)
    commit = _by_themself(connection, kept.user_id, at_us, correlation_id, refreshed)
    return Change(Rotation.ROTATED, commit, ((_SET_TOKEN, (next_hash, family_id)),))


def _end_sign_in(connection: Connection, family_id: str, at_us: int, correlation_id: str | None) -> Change[None]:
    kept = _sign_in(connection, family_id)
    if kept is None or kept.revoked_at_us is not None:
        return Change(None)
    signed_out = UserSignedOut(kept.user_id, family_id)
    commit = _by_themself(connection, kept.user_id, at_us, correlation_id, signed_out)
    return Change(None, commit, (_revocation(family_id, at_us),))


def _end_sign_ins_of(connection: Connection, user_id: str, at_us: int, correlation_id: str | None) -> Change[None]:
    families = [SignIn(*row).family_id for row in connection.execute(_OPEN_SIGN_INS, (user_id,))]
    if not families:
        return Change(None)
    events = tuple(UserSignedOut(user_id, family_id) for family_id in families)
    commit = Commit(user_id, at_us, FLOOR, correlation_id, events)
    return Change(None, commit, tuple(_revocation(family_id, at_us) for family_id in families))


def _keys(connection: Connection, agent_id: str) -> Sequence[AgentKey]:
    return [AgentKey(*row) for row in connection.execute(_KEYS, (agent_id,))]


def _key_by_hash(connection: Connection, key_hash: str) -> AgentKey | None:
    row = connection.execute(_KEY_BY_HASH, (key_hash,)).fetchone()
    return None if row is None else AgentKey(*row)


def _add_key(connection: Connection, key: AgentKey, by: Principal, correlation_id: str | None) -> Change[None]:
    _person(connection, key.user_id)
    created = KeyCreated(key.key_id, key.agent_id, key.user_id, key.name)
    row = (
        key.key_id,
        key.agent_id,
        key.user_id,
        key.name,
        key.key_hash,
        key.hint,
        key.created_at_us,
        key.revoked_at_us,
    )
    commit = Commit(key.user_id, key.created_at_us, by, correlation_id, (created,))
    return Change(None, commit, ((_INSERT_KEY, row),))


def _revoke_key(
    connection: Connection, agent_id: str, key_id: str, by: Principal, at_us: int, correlation_id: str | None
) -> Change[bool]:
    row = connection.execute(_OWNER_OF_KEY, (key_id, agent_id)).fetchone()
    if row is None:
        return Change(result=False)
    revoked = KeyRevoked(key_id, agent_id, row[0])
    commit = Commit(row[0], at_us, by, correlation_id, (revoked,))
    return Change(True, commit, ((_REVOKE_KEY, (at_us, key_id)),))


def _by_themself(connection: Connection, user_id: str, at_us: int, correlation_id: str | None, event: Event) -> Commit:
    """Return the commit of something that a person did."""
    person = _person(connection, user_id)
    return Commit(user_id, at_us, Principal(user_id, person.email, person.role), correlation_id, (event,))


def _person(connection: Connection, user_id: str) -> User:
    """Return a person, whose stream an event may then follow in. Raises PersonUnknown."""
    person = queries.user(connection, user_id)
    if person is None:
        raise PersonUnknown(f"there is no person {user_id}")
    return person


def _revocation(family_id: str, at_us: int) -> tuple[str, Row]:
    return _REVOKE_SIGN_IN, (at_us, family_id)
