"""The market: ticks the prices, publishes them, and tells those whose condition has come true.

Agents do not watch ticks. Each leaves the bands of prices it cares about and a time; all of them stand in arrays here,
and a tick costs a few array operations plus one message to each agent that has something to decide. A strategy is woken
once and leaves its next condition then. What a portfolio's resting orders wait for stands until the portfolio changes
it: it hears of every tick that crosses, with the prices of that tick.
"""

import logging
from collections.abc import Mapping
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from actors import paths
from actors.bands import BandBook
from actors.messages import AwaitMove, CancelAwait, KeepBars, KeepPrices, PricesMoved, Tick, Wake, WatchPrices
from actors.model import AgentStatus
from actors.ports.clock import Clock
from actors.ports.publisher import Publisher
from actors.prices.base import PriceModel
from actors.prices.history import PriceHistory
from actors.prices.ticks import MICROSECONDS_PER_SECOND, tick_years
from actors.resting import resting_orders
from actors.strategies.base import MarketView
from actors.views import FloorViews, MarketSnapshot
from supervisor import Actor, handles
from supervisor.errors import SupervisorError

HISTORY_TICKS: Final = 256
"""Recent prices kept for strategies and risk; trends and volatilities look back no further."""

KEEP_PRICES_EVERY_US: Final = 5 * MICROSECONDS_PER_SECOND
"""How much of the prices' path a crash may forget."""

DAY_US: Final = 86_400 * MICROSECONDS_PER_SECOND

_log = logging.getLogger(__name__)


@frozen
class MarketRules:
    """How time passes on the market: real time between ticks, and trading time per real time."""

    tick_us: int
    time_compression: float


class MarketActor(Actor):
    """Owns the price model and everybody's wake conditions."""

    def __init__(
        self, model: PriceModel, rules: MarketRules, views: FloorViews, publisher: Publisher, clock: Clock
    ) -> None:
        self._model = model
        self._rules = rules
        self._views = views
        self._publisher = publisher
        self._clock = clock
        self._dt_years = tick_years(rules.tick_us, rules.time_compression)
        self._history = PriceHistory(model.symbols, HISTORY_TICKS)
        self._bands = BandBook(model.symbols)
        self._slots: dict[str, int] = {}
        self._paths: list[str] = []
        self._watches: dict[int, WatchPrices] = {}
        self._due_s = 0.0
        self._kept_at_us = 0
        self._woken = 0

    async def started(self) -> None:
        """Publish the opening prices, or after a restart the last ones again, and arm the first tick."""
        last = self._views.market.prices
        prices = np.array([last[symbol] for symbol in self._model.symbols]) if last else self._model.open_micros()
        self._show(prices, self._views.market.tick + 1)
        self._due_s = self.ctx.time_s
        self._arm()
        # What they wait for was lost with the market before. At the first start there are no agents yet to be told.
        for agent in self._views.agents.values() if last else ():
            if agent.status is AgentStatus.ACTIVE:
                self._tell(paths.agent(agent.agent_id), Wake(self._views.market.tick))
            if next(resting_orders(self._views.book(agent.agent_id)), None) is not None:
                self._tell(paths.portfolio(agent.agent_id), self._prices_moved())

    def inspect(self) -> Mapping[str, object]:
        """Show the prices, and how many strategies and portfolios wait."""
        return {
            "tick": self._views.market.tick,
            "prices_micros": dict(self._views.market.prices),
            "waiting": len(self._slots),
            "woken": self._woken,
        }

    @handles(AwaitMove)
    def await_move(self, message: AwaitMove) -> None:
        """Wake this agent once one of its bands is left, or at its time."""
        self._bands.set(self._slot(paths.agent(message.agent_id)), message.bands, message.at_us)

    @handles(CancelAwait)
    def cancel_await(self, message: CancelAwait) -> None:
        """Let this agent rest."""
        slot = self._slots.get(paths.agent(message.agent_id))
        if slot is not None:
            self._bands.clear(slot)

    @handles(WatchPrices)
    def watch_prices(self, message: WatchPrices) -> None:
        """Look out for what this portfolio's orders wait for, and tell it at once if it decided on older prices."""
        path = paths.portfolio(message.agent_id)
        slot = self._slot(path)
        if not message.bands and message.at_us is None:
            self._watches.pop(slot, None)
            self._bands.clear(slot)
            return
        self._watches[slot] = message
        self._bands.set(slot, message.bands, message.at_us)
        if message.tick < self._views.market.tick:
            self._tell(path, self._prices_moved())

    @handles(Tick)
    def tick(self, _message: Tick) -> None:
        """Make the next prices, publish them, and wake whom they concern."""
        self._arm()
        prices = self._model.step(self._dt_years)
        snapshot = self._show(prices, self._views.market.tick + 1)
        wake, moved = Wake(snapshot.tick), self._prices_moved()
        for slot in self._bands.crossed(prices, snapshot.at_us).tolist():
            self._woken += 1
            watch = self._watches.get(slot)
            if watch is not None:
                self._bands.set(slot, watch.bands, watch.at_us)
                self._tell(self._paths[slot], moved)
            elif not self._tell(self._paths[slot], wake):
                self._bands.set(slot, (), snapshot.at_us)
        if snapshot.at_us - self._kept_at_us >= KEEP_PRICES_EVERY_US:
            self._kept_at_us = snapshot.at_us
            self._tell(paths.JOURNAL, KeepPrices(snapshot.prices, snapshot.at_us))

    def _slot(self, path: str) -> int:
        slot = self._slots.get(path)
        if slot is None:
            slot = self._slots[path] = len(self._paths)
            self._paths.append(path)
        return slot

    def _prices_moved(self) -> PricesMoved:
        market = self._views.market
        return PricesMoved(market.tick, market.at_us, market.prices)

    def _tell(self, path: str, message: Wake | PricesMoved | KeepPrices | KeepBars) -> bool:
        try:
            self.ctx.ref(path).tell_nowait(message)
        except SupervisorError as error:
            _log.warning("%s was not told of a tick: %s", path, error)
            return False
        return True

    def _show(self, prices: NDArray[np.int64], tick: int) -> MarketSnapshot:
        now_us = self._clock.now_us()
        by_symbol = dict(zip(self._model.symbols, prices.tolist(), strict=True))
        self._history.push(prices)
        before = self._views.market
        if now_us < before.at_us:
            # Otherwise strategies would rest, and no price would be kept, until the clock has caught up.
            self._bands.set_back(before.at_us - now_us)
            self._kept_at_us = 0
        same_day = bool(before.opens) and before.at_us // DAY_US == now_us // DAY_US
        snapshot = MarketSnapshot(
            tick=tick,
            view=MarketView(now_us, by_symbol, self._history.by_symbol()),
            opens=before.opens if same_day else by_symbol,
            ticks_per_year=1 / self._dt_years,
            tick_us=self._rules.tick_us,
        )
        self._views.market = snapshot
        self._fold(now_us, by_symbol)
        self._publisher.publish_market(snapshot)
        return snapshot

    def _fold(self, now_us: int, prices: Mapping[str, int]) -> None:
        """Take a tick into the bars, and what was traded at the prices before it; have a finished minute stored."""
        bars = self._views.bars.traded(self._views.take_traded())
        if bars.is_over(now_us):
            self._tell(paths.JOURNAL, KeepBars(tuple(bars.now.values())))
        self._views.bars = bars.ticked(now_us, prices)

    def _arm(self) -> None:
        """Set the alarm for the next tick on a fixed grid, leaving out ticks that are over already."""
        period_s = self._rules.tick_us / MICROSECONDS_PER_SECOND
        now_s = self.ctx.time_s
        self._due_s += period_s
        if self._due_s <= now_s:
            self._due_s = now_s + period_s
        self.ctx.tell_later(self._due_s - now_s, Tick())
