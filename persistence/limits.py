"""What every storage of the floor holds to, in SQLite or in memory: the size of a commit, and how long what is kept."""

from typing import Final

DAY_US: Final = 86_400 * 1_000_000

RETENTION_US: Final = 90 * DAY_US
"""How long the rows of a deleted agent are kept."""

CLAIM_RETENTION_US: Final = DAY_US
"""How long an idempotency key holds, at the least."""

DELIVERIES_PER_COMMIT_MAX: Final = 1_024
"""An entry of the outbox has as its id the sequence of its commit's last event times this, plus its place there."""

OUTBOX_COUNTED_MAX: Final = 10_000
"""How many entries of a channel of the outbox a look counts: more would be read through at each scrape."""
