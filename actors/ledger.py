"""The ledger of one portfolio: cash, reservations and positions, changed only by postings.

Neither an average price nor an equity is stored: both are derived. After every posting these identities hold, and
`check` raises when one does not::

    cash + cost_basis + fees - realised_gross = initial_budget
    cash = free + reserved            with free >= 0 and reserved >= 0
    quantity = 0  =>  cost_basis = 0
    0 <= reserved quantity <= quantity, for every position
"""

from collections.abc import Mapping

from attrs import evolve, field, frozen

from actors.errors import InsufficientFunds, InsufficientShares, LedgerIdentityError
from actors.money import divide_half_even, format_dollars
from actors.quick import quick


@quick
@frozen
class Position:
    """Shares of one symbol: how many, what they cost together, and how many are promised to open orders."""

    quantity: int
    cost_basis_micros: int
    reserved_quantity: int = 0

    @property
    def free_quantity(self) -> int:
        """Shares that may still be sold."""
        return self.quantity - self.reserved_quantity


NO_POSITION = Position(quantity=0, cost_basis_micros=0)


@quick
@frozen
class Portfolio:
    """The ledger of one agent. Amounts are micro-dollars, quantities whole shares."""

    agent_id: str
    initial_budget_micros: int
    cash_micros: int
    reserved_micros: int = 0
    fees_micros: int = 0
    realised_gross_micros: int = 0
    positions: Mapping[str, Position] = field(factory=dict)

    @property
    def free_micros(self) -> int:
        """Cash that no open order has reserved."""
        return self.cash_micros - self.reserved_micros

    @property
    def cost_basis_micros(self) -> int:
        """What all positions cost together."""
        return sum([position.cost_basis_micros for position in self.positions.values()])

    def position(self, symbol: str) -> Position:
        """Return the position in `symbol`, an empty one where nothing is held."""
        return self.positions.get(symbol, NO_POSITION)

    def market_value_micros(self, prices: Mapping[str, int]) -> int:
        """Return what the positions are worth at `prices` (micros per share, by symbol)."""
        return sum([position.quantity * prices[symbol] for symbol, position in self.positions.items()])

    def equity_micros(self, prices: Mapping[str, int]) -> int:
        """Return cash plus market value."""
        return self.cash_micros + self.market_value_micros(prices)


def open_portfolio(agent_id: str, initial_budget_micros: int) -> Portfolio:
    """Return the ledger of a new agent: its budget in cash and nothing else."""
    return Portfolio(agent_id, initial_budget_micros, cash_micros=initial_budget_micros)


def reserve_cash(portfolio: Portfolio, amount_micros: int) -> Portfolio:
    """Promise free cash to an open order. Raises InsufficientFunds when there is too little."""
    require_cash(portfolio, amount_micros)
    return evolve(portfolio, reserved_micros=portfolio.reserved_micros + amount_micros)


def release_cash(portfolio: Portfolio, amount_micros: int) -> Portfolio:
    """Give reserved cash back."""
    return evolve(portfolio, reserved_micros=portfolio.reserved_micros - amount_micros)


def reserve_shares(portfolio: Portfolio, symbol: str, quantity: int) -> Portfolio:
    """Promise free shares to an open order. Raises InsufficientShares when there are too few."""
    require_shares(portfolio, symbol, quantity)
    position = portfolio.position(symbol)
    return _with_position(portfolio, symbol, evolve(position, reserved_quantity=position.reserved_quantity + quantity))


def release_shares(portfolio: Portfolio, symbol: str, quantity: int) -> Portfolio:
    """Give reserved shares back."""
    position = portfolio.position(symbol)
    return _with_position(portfolio, symbol, evolve(position, reserved_quantity=position.reserved_quantity - quantity))


def post_buy(portfolio: Portfolio, symbol: str, quantity: int, notional_micros: int, fee_micros: int) -> Portfolio:
    """Post a purchase out of free cash. Raises InsufficientFunds when there is too little."""
    require_cash(portfolio, notional_micros + fee_micros)
    position = portfolio.position(symbol)
    bought = Position(
        position.quantity + quantity, position.cost_basis_micros + notional_micros, position.reserved_quantity
    )
    return Portfolio(
        portfolio.agent_id,
        portfolio.initial_budget_micros,
        portfolio.cash_micros - notional_micros - fee_micros,
        portfolio.reserved_micros,
        portfolio.fees_micros + fee_micros,
        portfolio.realised_gross_micros,
        {**portfolio.positions, symbol: bought},
    )


def post_sell(portfolio: Portfolio, symbol: str, quantity: int, notional_micros: int, fee_micros: int) -> Portfolio:
    """Post a sale of free shares at average cost.

    Reducing `c` of `q` shares removes `round(cost_basis * c / q)` of the cost, all of it when `c = q`.
    Raises InsufficientShares above the free position: there is no shorting.
    """
    require_shares(portfolio, symbol, quantity)
    position = portfolio.position(symbol)
    removed = divide_half_even(position.cost_basis_micros * quantity, position.quantity)
    left = Position(position.quantity - quantity, position.cost_basis_micros - removed, position.reserved_quantity)
    return Portfolio(
        portfolio.agent_id,
        portfolio.initial_budget_micros,
        portfolio.cash_micros + notional_micros - fee_micros,
        portfolio.reserved_micros,
        portfolio.fees_micros + fee_micros,
        portfolio.realised_gross_micros + notional_micros - removed,
        _positions_with(portfolio.positions, symbol, left),
    )


def require_cash(portfolio: Portfolio, amount_micros: int) -> None:
    """Raise InsufficientFunds when the free cash is below `amount_micros`."""
    if amount_micros > portfolio.free_micros:
        raise InsufficientFunds(
            f"the order needs {format_dollars(amount_micros)} of free cash and there is "
            f"{format_dollars(portfolio.free_micros)}; buy less, or sell something first"
        )


def require_shares(portfolio: Portfolio, symbol: str, quantity: int) -> None:
    """Raise InsufficientShares when fewer than `quantity` shares of `symbol` are free."""
    free = portfolio.position(symbol).free_quantity
    if quantity > free:
        raise InsufficientShares(f"the order sells {quantity:,} {symbol} and {free:,} are free; there is no shorting")


def check(portfolio: Portfolio) -> Portfolio:
    """Return the portfolio, or raise LedgerIdentityError naming the identity that does not hold."""
    cost_basis_micros = 0
    for symbol, position in portfolio.positions.items():
        quantity, cost_micros = position.quantity, position.cost_basis_micros
        if not 0 <= position.reserved_quantity <= quantity:
            raise LedgerIdentityError(
                f"{portfolio.agent_id}: {symbol} has {position.reserved_quantity} of {quantity} reserved"
            )
        if quantity == 0 or cost_micros < 0:
            raise LedgerIdentityError(
                f"{portfolio.agent_id}: {symbol} keeps {cost_micros} micros of cost for {quantity} shares"
            )
        cost_basis_micros += cost_micros
    cash_micros, reserved_micros = portfolio.cash_micros, portfolio.reserved_micros
    balance = (
        cash_micros
        + cost_basis_micros
        + portfolio.fees_micros
        - portfolio.realised_gross_micros
        - portfolio.initial_budget_micros
    )
    if balance:
        raise LedgerIdentityError(
            f"{portfolio.agent_id}: cash + cost_basis + fees - realised_gross is off by {balance} micros"
        )
    if not 0 <= reserved_micros <= cash_micros:
        raise LedgerIdentityError(f"{portfolio.agent_id}: reserved {reserved_micros} of cash {cash_micros} micros")
    return portfolio


def _with_position(portfolio: Portfolio, symbol: str, position: Position) -> Portfolio:
    return evolve(portfolio, positions=_positions_with(portfolio.positions, symbol, position))


def _positions_with(before: Mapping[str, Position], symbol: str, position: Position) -> Mapping[str, Position]:
    positions = dict(before)
    if position.quantity == 0 and position.cost_basis_micros == 0 and position.reserved_quantity == 0:
        positions.pop(symbol, None)
    else:
        positions[symbol] = position
    return positions
