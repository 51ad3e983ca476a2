"""Emptying one channel of the outbox: as soon as something waits there, and again after an outage."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import trio

from actors.errors import JournalUnavailable
from actors.ports.metering import MeteringUnavailable
from actors.ports.oversight import OversightUnavailable

JOINED_IDS_MAX: Final = 40
"""The correlation ids that one call carries: a client's id has up to 128 characters, all metadata of a call 8 KiB."""

_log = logging.getLogger(__name__)


class Drain:
    """Calls `deliver_batch` while it says that more may wait already, and then waits until there may be something.

    `consequence` says in the log what an outage means, once when it begins. The outbox is looked at every
    `look_every_s` even when nobody said that there is something. `gather_s` lets entries gather between two
    batches, where each batch is dear.
    """

    def __init__(
        self,
        deliver_batch: Callable[[], Awaitable[bool]],
        consequence: str,
        *,
        look_every_s: float,
        gather_s: float = 0.0,
    ) -> None:
        self._deliver_batch = deliver_batch
        self._consequence = consequence
        self._look_every_s = look_every_s
        self._gather_s = gather_s
        self._work = trio.Event()
        self._is_out = False

    def look(self) -> None:
        """Look at the outbox soon."""
        self._work.set()

    async def run(self) -> None:
        """Drain for ever."""
        while True:
            self._work = trio.Event()
            try:
                while await self._deliver_batch():
                    pass
            except (MeteringUnavailable, OversightUnavailable, JournalUnavailable) as error:
                self._note(error)
                await trio.sleep(error.retry_after_s)
                continue
            self._note(None)
            with trio.move_on_after(self._look_every_s):
                await self._work.wait()
            await trio.sleep(self._gather_s)

    def _note(self, error: Exception | None) -> None:
        """Say when an outage begins and when it is over, not at every try between."""
        if error is not None and not self._is_out:
            _log.warning("%s: %s", self._consequence, error)
        elif error is None and self._is_out:
            _log.info("over: %s", self._consequence)
        self._is_out = error is not None


def joined_ids(correlation_ids: Iterable[str | None]) -> str | None:
    """Return the correlation id of a call that is made because of several requests: theirs, as far as they have room.

    The order of the requests is kept; each stands there once.
    """
    distinct = [correlation for correlation in dict.fromkeys(correlation_ids) if correlation is not None]
    return ",".join(distinct[:JOINED_IDS_MAX]) or None
