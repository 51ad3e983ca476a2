"""Whether a client is still who it was: tokens expire, people leave, keys are revoked."""

from typing import Final

import trio

from actors.errors import JournalUnavailable
from net.auth.errors import Unauthorized
from net.auth.identity import Identity
from net.websocket.closing import SIGN_IN_ENDED, TOKEN_EXPIRED, Closing
from net.websocket.ports import Services

MICROSECONDS: Final = 1_000_000
LOOK_S_MIN: Final = 1.0
"""A client is looked up no more often than this, whatever the clocks say."""


class Standing:
    """A client that is known. `good_until` is when it has to be looked up again, by trio's clock."""

    def __init__(self, services: Services, credential: str, identity: Identity) -> None:
        self._services = services
        self._credential = credential
        self._know(identity)

    async def look_again(self) -> Closing | None:
        """Look the client up, and return why its socket has to close; None when it may go on."""
        try:
            identity = await self._services.recognise(self._credential)
        except Unauthorized:
            return TOKEN_EXPIRED
        except JournalUnavailable:
            # Whoever was known stays so while nobody can be looked up.
            self.good_until = trio.current_time() + self._services.limits.look_again_s
            return None
        if identity.principal != self.identity.principal:
            return SIGN_IN_ENDED
        self._know(identity)
        return None

    def _know(self, identity: Identity) -> None:
        left_us = identity.good_until_us - self._services.clock.now_us()
        self.identity = identity
        self.good_until = trio.current_time() + max(left_us / MICROSECONDS, LOOK_S_MIN)
