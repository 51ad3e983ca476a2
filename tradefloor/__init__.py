"""The program: settings, wiring, commands. The composition root."""

from importlib.metadata import version

__version__ = version("tradefloor")
