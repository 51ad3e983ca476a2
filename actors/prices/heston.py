"""Heston's model: a variance that wanders and pulls back, tied to the price."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from attrs.validators import and_, ge, gt, le
from numpy.typing import NDArray

from actors.prices.base import quote
from actors.prices.correlation import Correlation
from actors.prices.gbm import ListedMarket
from actors.prices.streams import Draws, Purpose
from actors.symbols import Listing

_PSI_SWITCH: Final = 1.5
"""Where the scheme passes from the quadratic to the exponential form; any value from 1 to 2 serves (section 3.2.3)."""


@frozen
class StochasticVariance:
    """How the variance moves: ``reversion`` a year to its long-run level, its own volatility, and its tie to the price.

    ``leverage`` is the correlation of price and variance. It is not positive, as with shares, which keeps the
    correction of the scheme defined for every step.
    """

    reversion: float = field(default=4.0, validator=gt(0))
    volatility: float = field(default=0.5, validator=gt(0))
    leverage: float = field(default=-0.6, validator=and_(ge(-1), le(0)))


DEFAULT_VARIANCE: Final = StochasticVariance()


class Heston(ListedMarket):
    """Heston's stochastic volatility; each symbol's long-run and opening variance is its listing's volatility squared.

    The transition of the variance has no form that can be drawn from fast, so this is the one model that is not
    discretised exactly: it follows the quadratic-exponential scheme with central discretisation and martingale
    correction, which keeps the mean of S(t) at S(0) exp(mu t) exactly and the first two moments of the variance.
    Sources: Heston, A closed-form solution for options with stochastic volatility, Review of Financial Studies 6, 1993;
    Andersen, Simple and efficient simulation of the Heston stochastic volatility model, J. Computational Finance 11,
    2008, sections 3.2 and 4.2 to 4.3. Names follow the latter.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        seed: int,
        correlation: Correlation | None = None,
        variance: StochasticVariance = DEFAULT_VARIANCE,
    ) -> None:
        super().__init__(listings, seed, correlation)
        self._parameters = variance
        self._theta = self._variance
        self._v = self._variance
        self._variance_normals = Draws(seed, Purpose.VARIANCE_NORMAL, self._symbols)
        self._variance_uniforms = Draws(seed, Purpose.VARIANCE_UNIFORM, self._symbols)

    @property
    def variances(self) -> NDArray[np.float64]:
        """The current variances a year, by symbol."""
        return self._v.copy()

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        tie = self._parameters.leverage / self._parameters.volatility
        slope = dt_years / 2 * (self._parameters.reversion * tie - 0.5)
        k1, k2 = slope - tie, slope + tie
        k3 = k4 = dt_years / 2 * (1 - self._parameters.leverage**2)
        v = self._v
        v_next, log_moment = self._next_variance(dt_years, k2 + k4 / 2)
        k0 = -log_moment - (k1 + k3 / 2) * v
        diffusion = np.sqrt(k3 * v + k4 * v_next) * self._normals.row()
        self._log_price = self._log_price + self._drift * dt_years + k0 + k1 * v + k2 * v_next + diffusion
        self._v = v_next
        return quote(self._log_price)

    def _next_variance(self, dt_years: float, a: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the variances one step on, and the logarithm of the mean of exp(a v) over what they could become."""
        kappa, epsilon = self._parameters.reversion, self._parameters.volatility
        gone = -np.expm1(-kappa * dt_years)
        m = self._theta * gone + self._v * (1 - gone)
        s_squared = epsilon**2 * gone / kappa * (self._v * (1 - gone) + self._theta * (gone / 2))
        psi = s_squared / m**2
        is_quadratic = psi <= _PSI_SWITCH
        normals, uniforms = self._variance_normals.row(), self._variance_uniforms.row()
        # Each form is evaluated for all symbols, at a bounded psi where it is not the one that is used.
        inverse = 2 / np.minimum(psi, _PSI_SWITCH)
        b_squared = inverse - 1 + np.sqrt(inverse * (inverse - 1))
        scale = m / (1 + b_squared)
        shrunk = 1 - 2 * a * scale
        quadratic = scale * (np.sqrt(b_squared) + normals) ** 2
        quadratic_moment = a * b_squared * scale / shrunk - np.log(shrunk) / 2
        if is_quadratic.all():
            return quadratic, quadratic_moment
        above = 2 / (np.maximum(psi, _PSI_SWITCH) + 1)
        beta = above / m
        exponential = np.log(np.maximum(above / (1 - uniforms), 1)) / beta
        exponential_moment = np.log1p(above * (a / (beta - a)))
        return (
            np.where(is_quadratic, quadratic, exponential),
            np.where(is_quadratic, quadratic_moment, exponential_moment),
        )
