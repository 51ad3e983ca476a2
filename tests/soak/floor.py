"""The program with two things a soak needs and no user does: a strategy that burns CPU, and a clock that jumps.

`python -m tests.soak.floor serve ...`. A custom agent whose appetite for risk is 10 burns CPU in every decision.
SIGUSR1 moves the wall clock five minutes ahead and SIGUSR2 back, as happens on a machine whose clock is set.
"""

import signal
import time
from functools import partial
from types import FrameType
from typing import Final

import numpy as np

from actors.model import StrategyKind
from actors.strategies import registry
from actors.strategies.base import Intent, MarketView, PortfolioView, Strategy, StrategyConfig, Wake
from actors.strategies.external import ExternallyDriven
from tradefloor.__main__ import main
from tradefloor.surroundings import SystemClock

BURNER_RISK: Final = 10
BURN_S: Final = 0.15
BURN_EVERY_US: Final = 1_000_000
JUMP_US: Final = 300_000_000


class Burner:
    """Decides nothing, and takes its time over it without ever letting the loop go."""

    def __init__(self, config: StrategyConfig) -> None:
        self.config = config

    def decide(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> tuple[Intent, ...]:
        """Burn CPU."""
        until_s = time.perf_counter() + BURN_S
        while time.perf_counter() < until_s:
            rng.random()
        return ()

    def wake(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> Wake:
        """Return in a second."""
        return Wake(at_us=market.now_us + BURN_EVERY_US)


def custom(config: StrategyConfig) -> Strategy:
    """Return the strategy of a custom agent."""
    return Burner(config) if config.risk_tolerance == BURNER_RISK else ExternallyDriven(config)


class JumpingClock:
    """Counts the jumps of the clock; installed in the place of the system's."""

    def __init__(self) -> None:
        self.jumps = 0
        self._system_us = partial(SystemClock.now_us, SystemClock())

    def jump(self, number: int, _frame: FrameType | None) -> None:
        """Move the clock ahead, or back."""
        self.jumps += 1 if number == signal.SIGUSR1 else -1

    def now_us(self) -> int:
        """Return the time as far as the floor knows."""
        return self._system_us() + self.jumps * JUMP_US


if __name__ == "__main__":
    clock = JumpingClock()
    for each in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(each, clock.jump)
    registry._BUILT_IN = {**registry._BUILT_IN, StrategyKind.CUSTOM: custom}  # type: ignore[misc]
    SystemClock.now_us = clock.now_us  # type: ignore[method-assign, assignment]
    main(prog_name="tradefloor")
