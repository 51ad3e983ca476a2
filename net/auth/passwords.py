"""Passwords: hashed and checked with argon2id, off the loop."""

from collections.abc import Callable
from functools import partial
from typing import Final

import trio
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from net.auth.errors import LoginBusy
from net.edge import AuthSettings

SALT_BYTES: Final = 16
THREADS_MAX: Final = 2
WAITING_MAX: Final = 32
"""Passwords that wait for a thread; at some 50 ms each, one more would wait for a second."""


class Passwords:
    """Hashes and checks passwords in threads of its own, so that sign-ins never starve other work."""

    def __init__(self, settings: AuthSettings, entropy: Callable[[int], bytes]) -> None:
        self._hasher = PasswordHasher(settings.argon2_passes, settings.argon2_memory_kib, settings.argon2_lanes)
        self._entropy = entropy
        self._limiter = trio.CapacityLimiter(THREADS_MAX)
        self._nobody = self.hash_now(entropy(SALT_BYTES).hex())

    @property
    def limiter(self) -> trio.CapacityLimiter:
        """The limit on threads."""
        return self._limiter

    def hash_now(self, password: str) -> str:
        """Return argon2id's encoded hash of a password, blocking the thread meanwhile."""
        return self._hasher.hash(password, salt=self._entropy(SALT_BYTES))

    async def hash(self, password: str) -> str:
        """Return argon2id's encoded hash of a password. Raises LoginBusy."""
        self._require_room()
        return await trio.to_thread.run_sync(self.hash_now, password, limiter=self._limiter, abandon_on_cancel=True)

    async def fits(self, encoded: str | None, password: str) -> bool:
        """Tell whether a password is the one behind a hash. Raises LoginBusy.

        Without a hash the answer is no, after the same work: how long it takes does not tell whether there is one.
        """
        self._require_room()
        check = partial(self._check, self._nobody if encoded is None else encoded, password)
        fits = await trio.to_thread.run_sync(check, limiter=self._limiter, abandon_on_cancel=True)
        return fits and encoded is not None

    def _check(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    def _require_room(self) -> None:
        if self._limiter.statistics().tasks_waiting >= WAITING_MAX:
            raise LoginBusy
