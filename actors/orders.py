"""What an order costs: notional, fee, and the cash it asks for."""

from actors.money import MICROS_PER_DOLLAR, divide_half_even

FEE_MICROS_MIN = MICROS_PER_DOLLAR
FEE_PER_MILLE = 1
EXECUTED_TRADE_COST_MICROS = MICROS_PER_DOLLAR // 10
"""The metered cost of an executed trade; a submission costs nothing but one API call. Simulations may change both."""

AUTONOMOUS_FREE_CASH_MICROS_MIN = 100 * MICROS_PER_DOLLAR
"""Below this much free cash an agent does not trade by itself."""


def notional_micros(price_micros: int, quantity: int) -> int:
    """Return price times quantity."""
    return price_micros * quantity


def fee_micros(notional: int) -> int:
    """Return the fee of a fill: the larger of $1.00 and 0.1 % of the notional."""
    return max(FEE_MICROS_MIN, divide_half_even(notional * FEE_PER_MILLE, 1000))


def selling_fee_micros(notional: int) -> int:
    """Return the fee of a sale: that of any fill, but no more than the sale brings.

    A sale thus never takes cash, which may all be spent or reserved, and every position can be liquidated.
    """
    return min(fee_micros(notional), notional)


def buying_cost_micros(price_micros: int, quantity: int) -> int:
    """Return the cash that a purchase takes: notional plus fee."""
    notional = notional_micros(price_micros, quantity)
    return notional + fee_micros(notional)


def price_moved_beyond(reference_micros: int, price_micros: int, tolerance_ppm: int) -> bool:
    """Say whether a price has left `reference` by more than `tolerance_ppm` parts per million."""
    return abs(price_micros - reference_micros) * 1_000_000 > reference_micros * tolerance_ppm
