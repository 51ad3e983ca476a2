"""The real clock, identities and secrets."""

import re
from pathlib import Path

from tradefloor.surroundings import IDS_AT_ONCE, SystemClock, SystemIds, development_secret, entropy


def test_ids_are_prefixed_and_never_the_same() -> None:
    """An id is its prefix and 24 hexadecimal digits, also across the ends of the pools it is cut from."""
    ids = SystemIds()
    made = [ids.new("trd") for _ in range(3 * IDS_AT_ONCE + 1)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"trd_[0-9a-f]{24}", identifier) for identifier in made)


def test_clock_goes_on() -> None:
    """The clock counts microseconds since the epoch, and is past the day of this test's writing."""
    assert SystemClock().now_us() > 1_795_000_000_000_000


def test_entropy_has_the_length_that_was_asked_for() -> None:
    """So many bytes, and others each time."""
    assert len(entropy(16)) == 16
    assert entropy(16) != entropy(16)


def test_development_secret_is_made_once(tmp_path: Path) -> None:
    """The secret is the same at the next start, and only its owner may read it."""
    secret = development_secret(tmp_path)
    assert development_secret(tmp_path) == secret
    assert len(secret) >= 32
    assert (tmp_path / "jwt-secret").stat().st_mode & 0o777 == 0o600
