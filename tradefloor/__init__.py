"""The program: settings, wiring, commands. The composition root."""


def version() -> str:
    """Return the version of the program that is installed."""
    from importlib import metadata  # noqa: PLC0415 - it takes longer to load than a command of the operator does

    return metadata.version("tradefloor")
