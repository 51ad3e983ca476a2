"""People in memory: passes the contract tests of the real storage, and fails on request."""

from collections.abc import Sequence

import trio
from attrs import evolve

from actors.errors import JournalUnavailable
from actors.model import Principal, User
from actors.ports.people import AgentKey, EmailTaken, Rotation, SignIn


class FakePeople:
    """Satisfies `actors.ports.people.People` inside the loop, without threads."""

    def __init__(self) -> None:
        self.everybody: dict[str, User] = {}
        self.sign_ins: dict[str, SignIn] = {}
        self.agent_keys: dict[str, AgentKey] = {}
        self.reads = 0
        """How many look-ups were made."""
        self.unavailable = False
        """While true, every call fails as it does when the storage cannot be used."""

    async def user(self, user_id: str) -> User | None:
        """Return a person."""
        await self._arrive()
        return self.everybody.get(user_id)

    async def user_by_email(self, email: str) -> User | None:
        """Return the person with this address, compared without case."""
        await self._arrive()
        return self._owner_of(email)

    async def users(self) -> Sequence[User]:
        """Return everybody, in the order in which they were added."""
        await self._arrive()
        return list(self.everybody.values())

    async def save_user(self, user: User, by: Principal, at_us: int, correlation_id: str | None) -> None:
        """Add or change a person. Raises EmailTaken."""
        await self._arrive()
        owner = self._owner_of(user.email)
        if owner is not None and owner.user_id != user.user_id:
            raise EmailTaken(f"{user.email} is taken")
        self.everybody[user.user_id] = user

    async def open_sign_in(self, sign_in: SignIn, correlation_id: str | None) -> None:
        """Keep a new sign-in."""
        await self._arrive()
        self.sign_ins[sign_in.family_id] = sign_in

    async def sign_in(self, family_id: str) -> SignIn | None:
        """Return a sign-in, whatever became of it."""
        await self._arrive()
        return self.sign_ins.get(family_id)

    async def rotate(
        self, family_id: str, used_hash: str, next_hash: str, at_us: int, correlation_id: str | None
    ) -> Rotation:
        """Put `next_hash` in the place of `used_hash`."""
        await self._arrive()
        kept = self.sign_ins.get(family_id)
        if kept is None or kept.revoked_at_us is not None or at_us >= kept.expires_at_us:
            return Rotation.ENDED
        if kept.token_hash != used_hash:
            self.sign_ins[family_id] = evolve(kept, revoked_at_us=at_us)
            return Rotation.REUSED
        self.sign_ins[family_id] = evolve(kept, token_hash=next_hash)
        return Rotation.ROTATED

    async def end_sign_in(self, family_id: str, at_us: int, correlation_id: str | None) -> None:
        """Revoke a sign-in; without effect where it is unknown or revoked."""
        await self._arrive()
        kept = self.sign_ins.get(family_id)
        if kept is not None and kept.revoked_at_us is None:
            self.sign_ins[family_id] = evolve(kept, revoked_at_us=at_us)

    async def end_sign_ins_of(self, user_id: str, at_us: int, correlation_id: str | None) -> None:
        """Revoke every sign-in of a person."""
        await self._arrive()
        for kept in list(self.sign_ins.values()):
            if kept.user_id == user_id:
                await self.end_sign_in(kept.family_id, at_us, correlation_id)

    async def add_key(self, key: AgentKey, by: Principal, correlation_id: str | None) -> None:
        """Keep a new key."""
        await self._arrive()
        self.agent_keys[key.key_id] = key

    async def keys(self, agent_id: str) -> Sequence[AgentKey]:
        """Return the keys of an agent that are not revoked, oldest first."""
        await self._arrive()
        return [key for key in self.agent_keys.values() if key.agent_id == agent_id and key.revoked_at_us is None]

    async def key_by_hash(self, key_hash: str) -> AgentKey | None:
        """Return the key with this hash, whatever became of it."""
        await self._arrive()
        return next((key for key in self.agent_keys.values() if key.key_hash == key_hash), None)

    async def revoke_key(
        self, agent_id: str, key_id: str, by: Principal, at_us: int, correlation_id: str | None
    ) -> bool:
        """Revoke a key of an agent; false where it has no such key, or it was revoked before."""
        await self._arrive()
        kept = self.agent_keys.get(key_id)
        if kept is None or kept.agent_id != agent_id or kept.revoked_at_us is not None:
            return False
        self.agent_keys[key_id] = evolve(kept, revoked_at_us=at_us)
        return True

    def _owner_of(self, email: str) -> User | None:
        wanted = email.casefold()
        return next((user for user in self.everybody.values() if user.email.casefold() == wanted), None)

    async def _arrive(self) -> None:
        await trio.lowlevel.checkpoint()
        self.reads += 1
        if self.unavailable:
            raise JournalUnavailable("the disk is full")
