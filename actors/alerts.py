"""What an agent's owner wants to be told of, and how: thresholds and channels.

An alert is given once per crossing: of a quota once a month, of a drawdown once for each peak of the equity. A
threshold of None is off.
"""

from typing import Final

from attrs import field, frozen

QUOTA_PERCENT_DEFAULT: Final = 80
DRAWDOWN_PERCENT_DEFAULT: Final = 10


@frozen
class AlertThresholds:
    """When an alert is due, in per cent: of either monthly quota, and of the equity's peak that was lost since."""

    api_calls_percent: int | None = QUOTA_PERCENT_DEFAULT
    budget_percent: int | None = QUOTA_PERCENT_DEFAULT
    drawdown_percent: int | None = DRAWDOWN_PERCENT_DEFAULT


@frozen
class AlertChannels:
    """Where alerts go, and what oversight asks and decides.

    `websocket` is about usage alerts alone: whoever listens to oversight hears of every request. `webhook_url` None: no
    other tool is told.
    """

    websocket: bool = True
    slack: bool = True
    webhook_url: str | None = None


@frozen
class AlertConfig:
    """An agent's alerts."""

    thresholds: AlertThresholds = field(default=AlertThresholds())
    channels: AlertChannels = field(default=AlertChannels())


ALERTS_DEFAULT: Final = AlertConfig()
"""One object for all agents that never changed theirs."""
