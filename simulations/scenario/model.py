"""What a scenario says, as frozen classes; each field is a key of its TOML file.

Money is in dollars here, as people write it; spans of time are seconds, or texts such as `2h`. A range is written as
one value or as a list of the least and the most, between which each agent draws its own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Final

from attrs import field, frozen

from actors.hours import TradingHours
from actors.prices.synthetic import DEFAULT_MODEL, MODEL_NAMES
from actors.symbols import BY_SYMBOL, SECTORS
from simulations.scenario.checks import FieldError, Range, Span, above, between, one_of, some, within

START: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""A Monday morning."""

MODELS: Final = (*MODEL_NAMES, "replay")
STRATEGIES: Final = ("balanced", "aggressive", "conservative", "custom")
RISK_LEVELS: Final = ("low", "medium", "high", "critical")
RESPONSES: Final = ("lognormal", "exponential", "fixed")
STRATEGY_FAULT: Final = "strategy"
FAULT_KINDS: Final = ("metering", "oversight", "journal", STRATEGY_FAULT)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AGENTS_MAX: Final = 1_000_000
TICKS_MAX: Final = 10_000_000
FLOORS_MAX: Final = 64
DAY_S: Final = 86_400
TRADING_DAY_S: Final = 6.5 * 3_600
END_S_MAX: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
BUDGET_MIN: Final = 100
BUDGET_MAX: Final = 100_000


@frozen
class Time:
    """How time passes: from `start` for so many `days`, or for so many `ticks`, one every `tick`.

    The market ticks around the clock, and `trading_days_per_day` says how much trading a day of the clock stands for:
    at 1.0 prices move in 24 hours as they do in a trading day. A strategy that no price woke reviews its portfolio
    after `review`. What the run keeps of equities it samples every `sample_ticks`; 0 chooses some hundred samples.
    """

    start: datetime = START
    days: float | None = field(default=None, validator=above(0))
    ticks: int | None = field(default=None, validator=between(1, TICKS_MAX))
    tick: Span = field(default=Span(60.0), validator=between(0.001, 30 * 86_400))
    trading_days_per_day: float = field(default=1.0, validator=between(0.000_001, 100_000))
    review: Span = field(default=Span(3_600.0), validator=between(1, 30 * 86_400))
    sample_ticks: int = field(default=0, validator=between(0, 1_000_000))

    def __attrs_post_init__(self) -> None:
        if (self.days is None) == (self.ticks is None):
            raise FieldError("days", "must be given, or else ticks must, and not both")
        if self.days is not None and self.days * DAY_S / self.tick > TICKS_MAX:
            most = TICKS_MAX * self.tick / DAY_S
            raise FieldError("days", f"must be at most {most:,.10g}, which are {TICKS_MAX:,} ticks, not {self.days:,}")
        start_s = self.start.timestamp()
        if start_s < 0 or start_s + self.ticks_total * self.tick > END_S_MAX:
            raise FieldError("start", f"must be from 1970 on, and the run be over before the year 9999: {self.start}")

    @property
    def ticks_total(self) -> int:
        """How many ticks the run lasts."""
        if self.ticks is not None:
            return self.ticks
        assert self.days is not None
        return max(1, round(self.days * DAY_S / self.tick))


@frozen
class Symbol:
    """A symbol of the market. What is left out is as listed; a symbol that is not listed gives all but its model."""

    symbol: str = field(validator=some("character"))
    open: float | None = field(default=None, validator=between(0.01, 1_000_000))
    drift: float | None = field(default=None, validator=between(-10, 10))
    volatility: float | None = field(default=None, validator=between(0.0001, 10))
    sector: str | None = field(default=None, validator=one_of(SECTORS))
    model: str | None = field(default=None, validator=one_of(MODEL_NAMES))

    def __attrs_post_init__(self) -> None:
        if self.symbol in BY_SYMBOL:
            return
        for name in ("open", "drift", "volatility", "sector"):
            if getattr(self, name) is None:
                raise FieldError(name, f"must be given, since {self.symbol} is not one of the listed symbols")


@frozen
class Correlations:
    """What any two symbols have in common, and what two of a sector have beyond that; or the matrix of all."""

    market: float = field(default=0.30, validator=between(0, 1))
    sector: float = field(default=0.25, validator=between(0, 1))
    matrix: tuple[tuple[float, ...], ...] | None = None

    def __attrs_post_init__(self) -> None:
        for row in self.matrix or ():
            if len(row) != len(self.matrix or ()):
                raise FieldError("matrix", f"must be as wide as it is high, and a row has {len(row)} numbers")


@frozen
class Shock:
    """A move of prices at a time after the start, by a fraction (-0.08 is a fall of 8 %), of these symbols or of all.

    With `recovers_over` the prices come back over that time; without it the move stays.
    """

    at: Span
    move: float = field(validator=between(-0.99, 10))
    symbols: tuple[str, ...] = ()
    recovers_over: Span | None = None


@frozen
class Replayed:
    """Prices to be replayed, one row a tick: a CSV or Parquet `file`, or a `series` that an installed package carries.

    A file's path counts from the scenario's own folder. `symbols` takes some of its columns, in this order.
    """

    file: str | None = None
    series: str | None = None
    symbols: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if (self.file is None) == (self.series is None):
            raise FieldError("file", "must be given, or else series must, and not both")


@frozen
class Liquidity:
    """How thin every symbol's market is: `volume` is what of it trades in a day, in dollars.

    An order at the market pays half of `spread_bps`, and moves the price by `impact` times the square root of its part
    of the volume. One order of a strategy gets at most `share_max` of the volume.
    """

    volume: float = field(validator=between(1, 1_000_000_000_000))
    spread_bps: float = field(default=2, validator=between(0, 1_000))
    impact: float = field(default=0.02, validator=between(0, 0.5))
    share_max: float = field(default=1, validator=between(0.0001, 1))


@frozen
class Market:
    """The market: a model of prices with its `parameters`, and what happens to it.

    Without `symbols` it lists the twenty of the live floor; `parameters` are those of the model (jumps, variance,
    reversion), under the names of its fields. Without `liquidity` it takes every order at the price of now.
    """

    model: str = field(default=DEFAULT_MODEL, validator=one_of(MODELS))
    symbols: tuple[Symbol, ...] = ()
    parameters: Mapping[str, float] = field(factory=dict)
    correlation: Correlations = field(factory=Correlations)
    shocks: tuple[Shock, ...] = ()
    replay: Replayed | None = None
    liquidity: Liquidity | None = None

    def __attrs_post_init__(self) -> None:
        if (self.model == "replay") != (self.replay is not None):
            raise FieldError("replay", 'must be given with model = "replay", and only then')
        if self.replay is not None and self.symbols:
            raise FieldError("symbols", "must be left out with a replay; market.replay.symbols chooses")
        names = [symbol.symbol for symbol in self.symbols]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise FieldError(f"symbols[{place}].symbol", f"must be another one: {name} is there already")
        for name, value in self.parameters.items():
            if not isfinite(value):
                raise FieldError(f"parameters.{name}", f"must be a finite number, not {value}")


@frozen
class Quota:
    """What each agent of a group may use in a month: calls, and metered cost in dollars."""

    api_calls: int = field(default=10_000, validator=between(1, 1_000_000_000))
    budget_per_month: float = field(default=10_000, validator=between(0.1, 1_000_000_000))


@frozen
class Group:
    """So many agents of a kind. `risk` and `budget` may be ranges; without a `threshold` oversight's counts."""

    count: int = field(validator=between(1, AGENTS_MAX))
    strategy: str = field(default="balanced", validator=one_of(STRATEGIES))
    name: str = ""
    risk: Range = field(default=(5, 5), validator=within(1, 10))
    budget: Range = field(default=(50_000, 50_000), validator=within(BUDGET_MIN, BUDGET_MAX))
    threshold: float | None = field(default=None, validator=between(0, 1_000_000_000))
    symbols: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    excluded_symbols: tuple[str, ...] = ()
    hours: TradingHours | None = None
    quota: Quota | None = None
    plugin: str | None = None
    """The name under which a strategy of your own is registered, with strategy = "custom"."""

    def __attrs_post_init__(self) -> None:
        if (self.strategy == "custom") != (self.plugin is not None):
            raise FieldError("plugin", 'must be given with strategy = "custom", and only then')


@frozen
class Response:
    """How long an approver takes for a request, from taking it up to the decision."""

    distribution: str = field(default="lognormal", validator=one_of(RESPONSES))
    median: Span = field(default=Span(120.0), validator=between(0, 30 * 86_400))
    spread: float = field(default=0.8, validator=between(0, 5))
    """The standard deviation of the logarithm, for lognormal alone."""


@frozen
class Shift:
    """When approvers work: so many hours of a day in a time zone, on these days of the week."""

    start: str = "00:00"
    end: str = "00:00"
    timezone: str = "UTC"
    days: tuple[str, ...] = field(default=WEEKDAYS, validator=some("day"))

    def __attrs_post_init__(self) -> None:
        TradingHours(self.start, self.end, self.timezone)
        for day in self.days:
            if day not in WEEKDAYS:
                raise FieldError("days", f"must be some of {', '.join(WEEKDAYS)}, not {day!r}")


@frozen
class ApprovalOdds:
    """How likely a request is approved, by the level of its risk."""

    low: float = field(default=0.98, validator=between(0, 1))
    medium: float = field(default=0.92, validator=between(0, 1))
    high: float = field(default=0.80, validator=between(0, 1))
    critical: float = field(default=0.50, validator=between(0, 1))


@frozen
class Oversight:
    """Which trades wait for people, and what these people are like.

    Trades above `threshold` dollars wait, for `ttl` at most; the service approves by itself what is below
    `auto_approve_below`. Each approver takes the oldest request, one at a time, while on shift.
    """

    threshold: float = field(default=50_000, validator=between(0, 1_000_000_000))
    ttl: Span = field(default=Span(600.0), validator=between(1, 365 * 86_400))
    price_tolerance: float = field(default=0.02, validator=between(0, 1))
    auto_approve_below: float = field(default=0, validator=between(0, 1_000_000_000))
    approvers: int = field(default=1, validator=between(0, 10_000))
    shift: Shift = field(factory=Shift)
    response: Response = field(factory=Response)
    approval: ApprovalOdds = field(factory=ApprovalOdds)


@frozen
class Prices:
    """What metering charges in dollars, against the quota's budget: for a trade that is submitted, and for its fill."""

    submission: float = field(default=0, validator=between(0, 1_000_000))
    execution: float = field(default=0.10, validator=between(0, 1_000_000))


@frozen
class Metering:
    """The monthly quota of agents whose group gives none of its own, prices, and how long a lease is good for."""

    quota: Quota = field(factory=Quota)
    prices: Prices = field(factory=Prices)
    lease: Span = field(default=Span(60.0), validator=between(1, 365 * 86_400))


@frozen
class Fault:
    """What fails after a time, for a time: the metering or oversight service, the journal's storage, or strategies.

    A strategy that fails raises whenever it is to decide, and its agent is set aside when that goes on. It strikes a
    `share` of the agents of these `groups`, of all without any. With `resumed_after` somebody resumes who was set
    aside so long after it is over; without it nobody does.
    """

    kind: str = field(validator=one_of(FAULT_KINDS))
    at: Span
    lasts: Span = field(validator=above(0))
    groups: tuple[str, ...] = ()
    share: float = field(default=1, validator=between(0, 1))
    resumed_after: Span | None = None

    def __attrs_post_init__(self) -> None:
        if self.kind == STRATEGY_FAULT:
            return
        for name, given in (
            ("groups", self.groups != ()),
            ("share", self.share != 1),
            ("resumed_after", self.resumed_after is not None),
        ):
            if given:
                raise FieldError(name, f'must be left out unless kind = "{STRATEGY_FAULT}"')


@frozen
class Scenario:
    """A whole scenario. `summary` is one sentence that says what it is about.

    A large fleet may be divided over several `floors`, each with its part of every group, its own approvers, and a
    process of its own, on one market.
    """

    name: str
    summary: str
    time: Time
    population: tuple[Group, ...] = field(validator=some("group"))
    market: Market = field(factory=Market)
    oversight: Oversight = field(factory=Oversight)
    metering: Metering = field(factory=Metering)
    faults: tuple[Fault, ...] = ()
    seed: int = field(default=1, validator=between(0, 2**53))
    floors: int = field(default=1, validator=between(1, FLOORS_MAX))

    def __attrs_post_init__(self) -> None:
        if not self.name or "/" in self.name or self.name.startswith("."):
            raise FieldError("name", f"must be one that a folder can have, not {self.name!r}")
        if self.floors > self.agents:
            raise FieldError("floors", f"must be at most as many as agents, {self.agents}, not {self.floors}")
        if self.agents > AGENTS_MAX:
            raise FieldError("population", f"must hold at most {AGENTS_MAX:,} agents in all, not {self.agents:,}")
        for number, fault in enumerate(self.faults):
            for name in fault.groups:
                if name not in self.group_names:
                    known = ", ".join(self.group_names)
                    raise FieldError(f"faults[{number}].groups", f"must be some of {known}, not {name!r}")

    @property
    def agents(self) -> int:
        """How many agents there are."""
        return sum(group.count for group in self.population)

    @property
    def group_names(self) -> tuple[str, ...]:
        """The names of the groups, made from their strategies where they have none, each of its own."""
        names: list[str] = []
        for number, group in enumerate(self.population, start=1):
            name = group.name or group.strategy
            names.append(f"{name} {number}" if name in names else name)
        return tuple(names)
