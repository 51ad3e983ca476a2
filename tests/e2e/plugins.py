"""A package of strategies, as somebody would install one beside the program."""

import textwrap
from pathlib import Path
from typing import Final

MODULE: Final = '''
"""Strategies of somebody's own."""

from actors.strategies.base import Wake


class Broken:
    """Raises whenever it is asked."""

    def __init__(self, config):
        pass

    def decide(self, market, portfolio, rng):
        raise RuntimeError("the model file is missing")

    def wake(self, market, portfolio, rng):
        return Wake(at_us=market.now_us)


class Watchful:
    """Looks at every tick, and buys a share of AAPL the first time."""

    def __init__(self, config):
        pass

    def decide(self, market, portfolio, rng):
        from actors.model import Action
        from actors.strategies.base import Intent

        return () if portfolio.positions else (Intent("AAPL", Action.BUY, 1, "the first look"),)

    def wake(self, market, portfolio, rng):
        return Wake(at_us=market.now_us)
'''


def install(folder: Path) -> str:
    """Install the package into a folder, and return the PYTHONPATH by which the program finds it."""
    metadata = folder / "house_strategies-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "house_strategies.py").write_text(MODULE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: house-strategies\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        textwrap.dedent(
            """
            [tradefloor.strategies]
            broken = house_strategies:Broken
            watchful = house_strategies:Watchful
            """
        )
    )
    return str(folder)
