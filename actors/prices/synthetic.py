"""The synthetic market: a price model chosen by name, over the listed symbols."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from actors.prices.base import InvalidModelError, PriceModel
from actors.prices.bates import Bates
from actors.prices.gbm import GeometricBrownianMotion
from actors.prices.heston import Heston
from actors.prices.merton import MertonJumpDiffusion
from actors.prices.ornstein_uhlenbeck import OrnsteinUhlenbeck
from actors.prices.regimes import RegimeSwitching
from actors.symbols import LISTINGS, Listing

_MODELS: Final[Mapping[str, Callable[[Sequence[Listing], int], PriceModel]]] = MappingProxyType(
    {
        "gbm": GeometricBrownianMotion,
        "merton": MertonJumpDiffusion,
        "ornstein-uhlenbeck": OrnsteinUhlenbeck,
        "heston": Heston,
        "regimes": RegimeSwitching,
        "bates": Bates,
    }
)

MODEL_NAMES: Final = tuple(_MODELS)

DEFAULT_MODEL: Final = "merton"
"""Diffusion for a market that breathes, and a jump now and then for one that surprises."""


REALISTIC_MODEL: Final = "bates"
"""The one whose returns show what is known of real ones (tests/actors/prices/test_stylised_facts.py)."""


def synthetic_market(seed: int, model: str = DEFAULT_MODEL, listings: Sequence[Listing] = LISTINGS) -> PriceModel:
    """Return a market of these listings, correlated by sector, with the model's usual parameters.

    Raises ``InvalidModelError`` for a model that does not exist.
    """
    make = _MODELS.get(model)
    if make is None:
        raise InvalidModelError(f"there is no price model {model!r}; there are {', '.join(MODEL_NAMES)}")
    return make(listings, seed)
