"""Answers that are kept for 24 hours, so that a request under the same Idempotency-Key gets the same answer again.

Trades and new agents do not need this: their key stands in the journal, beside what they did, and survives a restart.
The other answers are kept in memory: they may hold secrets (tokens, keys of programs) that belong in no storage, and
what they answered is harmless to do again.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from actors.errors import IdempotencyMismatch
from actors.ports.journal import IdempotencyClaim
from net.http.streams import Producer

KEPT_US: Final = 24 * 3600 * 1_000_000
BYTES_MAX: Final = 64 * 1_048_576
"""Memory for answers; beyond it the oldest go early."""

ENTRY_BYTES: Final = 1_024
"""What an answer takes beside its body: key, fingerprint, headers, and their place. An empty one is not for nothing."""


@frozen
class Answer:
    """An answer as it is sent; with a `stream` its body comes from there."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    stream: Producer | None = None


@frozen
class _Kept:
    fingerprint: str
    until_us: int
    answer: Answer


class Answers:
    """Keeps answers by their claims."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: dict[tuple[str, str], _Kept] = {}

    def find(self, claim: IdempotencyClaim, now_us: int) -> Answer | None:
        """Return the answer to a claim, None where there is none. Raises IdempotencyMismatch for another request."""
        kept = self._kept.get((claim.scope, claim.key))
        if kept is None or now_us >= kept.until_us:
            return None
        if kept.fingerprint != claim.fingerprint:
            raise IdempotencyMismatch(f"the key {claim.key} was used with another request")
        return kept.answer

    def keep(self, claim: IdempotencyClaim, answer: Answer, now_us: int) -> None:
        """Keep an answer. All are kept for the same time, so the first ones are always the oldest."""
        self._drop((claim.scope, claim.key))
        self._kept[claim.scope, claim.key] = _Kept(claim.fingerprint, now_us + KEPT_US, answer)
        self._bytes += ENTRY_BYTES + len(answer.body)
        while self._kept:
            place, oldest = next(iter(self._kept.items()))
            if now_us < oldest.until_us and self._bytes <= self._bytes_max:
                break
            self._drop(place)

    def _drop(self, place: tuple[str, str]) -> None:
        kept = self._kept.pop(place, None)
        if kept is not None:
            self._bytes -= ENTRY_BYTES + len(kept.answer.body)
