"""How deep a market is: what an order moves the price that it fills at, and how much of it the market takes.

The live floor's market takes everything at the price of now, as its contract says. A simulated one may be thinner: an
order at the market pays half the spread and moves the price by the square root of its part in a day's trading, and a
strategy gets no more at a time than a share of that. What it does not get is not ordered: it looks again later, so that
no trade is ever filled in part. Orders that rest wait for others to cross the spread, and fill at their price.

Source of the square root: Torre, BARRA market impact model handbook, 1997; Almgren, Thum, Hauptmann and Li, Direct
estimation of equity market impact, Risk 18, 2005, find a power near it.
"""

from math import isqrt
from typing import Final

from attrs import field, frozen
from attrs.validators import ge, gt, le

from actors.model import Action, OrderType
from actors.money import CENT_MICROS

PPM: Final = 1_000_000


@frozen
class Liquidity:
    """The depth of every symbol's market.

    ``half_spread_ppm`` is what crossing to the other side costs, ``impact_ppm`` how far an order as large as a day's
    trading would move the price, both in millionths of the price; ``volume_micros`` is that trading, in micro-dollars,
    and ``share_ppm_max`` the most of it, in millionths, that one order of a strategy may take.
    """

    volume_micros: int = field(validator=gt(0))
    half_spread_ppm: int = field(default=0, validator=[ge(0), le(PPM // 2)])
    impact_ppm: int = field(default=0, validator=[ge(0), le(PPM // 2)])
    share_ppm_max: int = field(default=PPM, validator=[gt(0), le(PPM)])

    def price_micros(self, quote_micros: int, action: Action, quantity: int) -> int:
        """Return what a share costs or brings when so many are traded at once, in whole cents against the trader.

        Reckoned in whole numbers, so that it is the same on every machine.
        """
        part_ppm = isqrt(quote_micros * quantity * PPM * PPM // self.volume_micros)
        moved_ppm = min(self.half_spread_ppm + self.impact_ppm * part_ppm // PPM, PPM - 1)
        if action is Action.BUY:
            cents = -(-quote_micros * (PPM + moved_ppm) // (PPM * CENT_MICROS))
        else:
            cents = quote_micros * (PPM - moved_ppm) // (PPM * CENT_MICROS)
        return max(cents, 1) * CENT_MICROS

    def takes(self, quote_micros: int, quantity: int) -> int:
        """Return how many of so many shares one order of a strategy gets, which may be none."""
        return min(quantity, self.volume_micros * self.share_ppm_max // PPM // quote_micros)


def fill_price_micros(
    liquidity: Liquidity | None, quote_micros: int, action: Action, quantity: int, order_type: OrderType
) -> int:
    """Return the price that an order is looked at with: the quote, or at a thin market what its size makes of it."""
    if liquidity is None or order_type is not OrderType.MARKET:
        return quote_micros
    return liquidity.price_micros(quote_micros, action, quantity)
