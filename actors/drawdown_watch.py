"""The watch over drawdowns: looks at everybody's equity once a second, and tells who has lost their threshold.

It stands beside the line of a trade and costs neither the trade nor the tick anything: the views say who changed, and
all equities are computed in a few array operations. A peak is the highest equity that a look saw. It is kept now and
then, and in the transaction of the alert that speaks of it, so that a restart repeats no alert.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import trio

from actors import paths
from actors.asking import ask
from actors.drawdown import Drawdown, DrawdownBook, Watermark
from actors.errors import JournalUnavailable
from actors.events import UsageAlert
from actors.messages import Append, SampleEquity
from actors.model import FLOOR, AgentStatus
from actors.outbound import news_of
from actors.ports.journal import Commit
from actors.ports.periods import period_of
from actors.services import Services
from supervisor import Actor, Refusal, handles
from supervisor.policy import Reason

KIND: Final = "drawdown"
SAVE_EVERY_LOOKS: Final = 10
"""So many looks of peaks a crash may forget, and of those no move beyond a thousandth."""

CHUNK: Final = 256
"""Agents taken up, alerts committed, and peaks kept between two checkpoints."""

_log = logging.getLogger(__name__)


class DrawdownActor(Actor):
    """Keeps the peaks of all agents and commits the alerts."""

    def __init__(self, services: Services, symbols: Sequence[str]) -> None:
        self._services = services
        self._symbols = symbols
        self._book = DrawdownBook(symbols)
        self._slots: dict[str, int] = {}
        self._agents: list[str] = []
        self._looks = 0
        self._alerts = 0

    async def started(self) -> None:
        """Take up the peaks that were kept, and everybody's positions."""
        self._services.views.take_touched()
        kept = {watermark.agent_id: watermark for watermark in await self._services.store.watermarks()}
        for agent_id in list(self._services.views.agents):
            watermark = kept.get(agent_id)
            if watermark is not None:
                self._book.recall(self._slot(agent_id), watermark.peak_micros, watermark.alerted_percent)
        await self._follow(list(self._services.views.agents))
        self.ctx.tell_later(self._services.pace.equity_look_s, SampleEquity())

    async def stopped(self, reason: Reason) -> None:  # noqa: ARG002 - the hook's signature
        """Keep every peak."""
        await self._save(all_of_them=True)

    def inspect(self) -> Mapping[str, object]:
        """Show how many agents are watched and how many alerts were given."""
        return {"watched": len(self._agents), "looks": self._looks, "alerts": self._alerts}

    @handles(SampleEquity)
    async def sample(self, _message: SampleEquity) -> None:
        """Look at every equity, and have what is due committed."""
        self.ctx.tell_later(self._services.pace.equity_look_s, SampleEquity())
        await self._follow(self._services.views.take_touched())
        market = self._services.views.market
        if not market.prices:
            return
        prices = np.array([market.prices[symbol] for symbol in self._symbols], dtype=np.int64)
        due = list(self._book.sample(prices))
        for first in range(0, len(due), CHUNK):
            async with trio.open_nursery() as nursery:
                for drawdown in due[first : first + CHUNK]:
                    nursery.start_soon(self._alert, drawdown)
        self._looks += 1
        if self._looks % SAVE_EVERY_LOOKS == 0:
            await self._save()

    async def _follow(self, agent_ids: Iterable[str]) -> None:
        for count, agent_id in enumerate(agent_ids, start=1):
            self._take_up(agent_id)
            if count % CHUNK == 0:
                await trio.lowlevel.checkpoint()

    def _take_up(self, agent_id: str) -> None:
        views = self._services.views
        agent, portfolio = views.agent(agent_id), views.book(agent_id).portfolio
        is_new = agent_id not in self._slots
        slot = self._slot(agent_id)
        if agent.status is AgentStatus.DELETED:
            self._book.clear(slot)
            return
        if is_new:
            self._book.recall(slot, agent.initial_budget_micros)
        listed, cash_micros = {}, portfolio.cash_micros
        for symbol, position in portfolio.positions.items():
            if self._book.lists(symbol):
                listed[symbol] = position.quantity
            else:
                # As everywhere: what the market lists no more counts at cost.
                cash_micros += position.cost_basis_micros
        self._book.set(slot, cash_micros, listed, agent.alerts.thresholds.drawdown_percent)

    async def _alert(self, due: Drawdown) -> None:
        services, agent_id = self._services, self._agents[due.slot]
        agent, at_us = services.views.agent(agent_id), services.clock.now_us()
        event = UsageAlert(agent_id, KIND, due.percent, due.equity_micros, due.peak_micros, period_of(at_us))
        commit = Commit(
            stream=agent_id,
            at_us=at_us,
            principal=FLOOR,
            correlation_id=None,
            events=(event,),
            deliveries=news_of(agent, (event,), at_us, services.ids),
            watermark=Watermark(agent_id, due.peak_micros, due.percent),
        )
        try:
            await ask(self.ctx.ref(paths.JOURNAL), Append(commit))
        except Refusal as refusal:
            _log.warning("the drawdown of %s is told at the next look: %s", agent_id, refusal)
            return
        self._book.alerted(due)
        self._alerts += 1

    async def _save(self, *, all_of_them: bool = False) -> None:
        watermarks = [
            Watermark(self._agents[slot], peak_micros, alerted_percent)
            for slot, peak_micros, alerted_percent in self._book.unsaved(all_of_them=all_of_them)
        ]
        try:
            for first in range(0, len(watermarks), CHUNK):
                await self._services.store.save_watermarks(watermarks[first : first + CHUNK])
        except JournalUnavailable as error:
            _log.warning("the peaks of the equities were not kept: %s", error)

    def _slot(self, agent_id: str) -> int:
        slot = self._slots.get(agent_id)
        if slot is None:
            slot = self._slots[agent_id] = len(self._agents)
            self._agents.append(agent_id)
        return slot
