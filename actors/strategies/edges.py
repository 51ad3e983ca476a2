"""At which prices somebody who keeps a position at its weight has something to do: the edges of a band to sleep in.

Only the position's own price is thought to move; what else moves meanwhile is seen at the next review. Weights and
amounts that are divided are in parts per million.
"""

from typing import Final

from attrs import frozen

from actors.bands import NO_HIGH_MICROS, NO_LOW_MICROS
from actors.orders import FEE_MICROS_MIN, FEE_PER_MILLE
from actors.quick import quick
from actors.strategies.sizing import ADJUSTMENT_MICROS_MIN, BASIS_POINTS

PPM: Final = 1_000_000
_PPM_A_BP: Final = PPM // BASIS_POINTS


@quick
@frozen
class Stake:
    """So many shares, one or more, beside what else equity consists of, and the part of it all that they should be.

    The weight stays the same while the price moves and equity with it, and is below one.
    """

    quantity: int
    others_micros: int
    weight_ppm: int


@quick
@frozen
class Cash:
    """What may be spent on shares when one costs so much; the reserve that is kept beside it follows equity."""

    idle_micros: int
    price_micros: int
    reserve_bp: int


NO_CASH: Final = Cash(0, 0, 0)
"""What one has who may buy nothing."""


def edges_micros(stake: Stake, drift_bp: int, cash: Cash) -> tuple[int, int]:
    """Return the highest price at which the position is to be topped up, and the lowest at which it is to be trimmed.

    There it is off its target by its drift, by a share, and by as much as an adjustment is worth; one share more has to
    be paid for, too. ``NO_LOW_MICROS`` where no price is low enough, ``NO_HIGH_MICROS`` where none is high enough.

    Solves q p - w (q p + others) = x for p, where x is how far the position has to be off its target.
    """
    quantity, theirs = stake.quantity, stake.weight_ppm * stake.others_micros
    own, least = quantity * (PPM - stake.weight_ppm), ADJUSTMENT_MICROS_MIN * PPM
    following_ppm = cash.reserve_bp * _PPM_A_BP * quantity
    low_micros = min(
        _price_at_weight_micros(stake, BASIS_POINTS - drift_bp),
        (theirs - least) // own,
        _buys_one_at_micros(theirs, own),
        _buys_one_at_micros(cash.idle_micros * PPM + following_ppm * cash.price_micros, following_ppm),
    )
    if own > PPM:
        weight_at_micros = _price_at_weight_micros(stake, BASIS_POINTS + drift_bp)
        high_micros = max(weight_at_micros, -(-(theirs + least) // own), -(-theirs // (own - PPM)))
    else:
        high_micros = NO_HIGH_MICROS
    return low_micros if low_micros > 0 else NO_LOW_MICROS, high_micros


def _price_at_weight_micros(stake: Stake, of_target_bp: int) -> int:
    """Return the price at which the position is this part of its target.

    Solves q p / (q p + others) = w for p.
    """
    weight_ppm = stake.weight_ppm * of_target_bp // BASIS_POINTS
    return weight_ppm * stake.others_micros // (stake.quantity * (PPM - weight_ppm))


def _buys_one_at_micros(amount_ppm: int, less_ppm: int) -> int:
    """Return the highest price p of a share that (amount - less p) / 1,000,000 still pays for, fee included."""
    with_least_fee = (amount_ppm - FEE_MICROS_MIN * PPM) // (less_ppm + PPM)
    with_rated_fee = amount_ppm * 1_000 // (less_ppm * 1_000 + PPM * (1_000 + FEE_PER_MILLE))
    return min(with_least_fee, with_rated_fee)
