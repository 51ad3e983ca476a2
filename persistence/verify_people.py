"""Verification of people's streams: the rows of a person, their sign-ins and keys are what their events lead to.

Hashes of secrets stand in the rows only, so of those nothing can be said; nor of a key's hint.
"""

from collections.abc import Iterable, Mapping

from attrs import define, evolve, field, frozen

from actors.book import StreamBroken
from actors.events import (
    KeyCreated,
    KeyRevoked,
    Recorded,
    UserChanged,
    UserEventRecord,
    UserRefreshed,
    UserRefreshReused,
    UserSignedIn,
    UserSignedOut,
)
from persistence.findings import Findings
from persistence.rows import email_key
from persistence.sqlite import Connection

_USER = "SELECT user_id, email, email_key, role, disabled FROM users WHERE user_id = ?"
_SIGN_INS = "SELECT family_id, created_at_us, expires_at_us, revoked_at_us FROM sign_ins WHERE user_id = ?"
_KEYS = "SELECT key_id, agent_id, name, created_at_us, revoked_at_us FROM agent_keys WHERE user_id = ?"


@frozen
class _SignInRow:
    family_id: str
    created_at_us: int
    expires_at_us: int
    revoked_at_us: int | None = None


@frozen
class _KeyRow:
    key_id: str
    agent_id: str
    name: str
    created_at_us: int
    revoked_at_us: int | None = None


@define
class _Replayed:
    """A person as their stream leaves them so far."""

    user: UserChanged
    sign_ins: dict[str, _SignInRow] = field(factory=dict)
    keys: dict[str, _KeyRow] = field(factory=dict)

    def add(self, place: Recorded) -> None:
        """Take in the next event. Raises StreamBroken when it cannot have followed."""
        event, at_us = place.event, place.at_us
        if not isinstance(event, UserEventRecord) or event.user_id != self.user.user_id:
            raise StreamBroken(f"{event.type} has no place in the stream of {self.user.user_id}")
        match event:
            case UserChanged():
                self.user = event
            case UserSignedIn():
                _require(event.family_id not in self.sign_ins, f"{event.family_id} is opened a second time")
                self.sign_ins[event.family_id] = _SignInRow(event.family_id, at_us, event.expires_at_us)
            case UserRefreshed():
                _require(at_us < self._open_sign_in(event.family_id).expires_at_us, f"{event.family_id} has expired")
            case UserSignedOut() | UserRefreshReused():
                self.sign_ins[event.family_id] = evolve(self._open_sign_in(event.family_id), revoked_at_us=at_us)
            case KeyCreated():
                _require(event.key_id not in self.keys, f"{event.key_id} is made a second time")
                self.keys[event.key_id] = _KeyRow(event.key_id, event.agent_id, event.name, at_us)
            case KeyRevoked():
                self.keys[event.key_id] = evolve(self._good_key(event), revoked_at_us=at_us)

    def _open_sign_in(self, family_id: str) -> _SignInRow:
        kept = self.sign_ins.get(family_id)
        if kept is None or kept.revoked_at_us is not None:
            raise StreamBroken(f"{family_id} is not open")
        return kept

    def _good_key(self, event: KeyRevoked) -> _KeyRow:
        kept = self.keys.get(event.key_id)
        if kept is None or kept.agent_id != event.agent_id or kept.revoked_at_us is not None:
            raise StreamBroken(f"{event.key_id} is no good key of {event.agent_id}")
        return kept


def check_person(connection: Connection, findings: Findings, first: UserChanged, places: Iterable[Recorded]) -> None:
    """Replay the stream of a person, which `first` begins, and compare what it leads to with the rows.

    Raises StreamBroken for an event that cannot have followed.
    """
    replayed = _Replayed(first)
    for place in places:
        replayed.add(place)
    user = replayed.user
    row = connection.execute(_USER, (user.user_id,)).fetchone()
    if row != (user.user_id, user.email, email_key(user.email), user.role, user.disabled):
        findings.add(f"user {user.user_id}", "the row is not what the events lead to")
    sign_ins = {row[0]: _SignInRow(*row) for row in connection.execute(_SIGN_INS, (user.user_id,))}
    _compare(findings, "sign-in", sign_ins, replayed.sign_ins)
    keys = {row[0]: _KeyRow(*row) for row in connection.execute(_KEYS, (user.user_id,))}
    _compare(findings, "key", keys, replayed.keys)


def _compare(findings: Findings, what: str, kept: Mapping[str, object], expected: Mapping[str, object]) -> None:
    for name in sorted(kept.keys() | expected.keys()):
        if kept.get(name) != expected.get(name):
            findings.add(f"{what} {name}", "the row is not what the events lead to")


def _require(holds: bool, broken: str) -> None:
    if not holds:
        raise StreamBroken(broken)
