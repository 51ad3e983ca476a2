"""Where a floor keeps its files, known to commands without loading the floor."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

DATABASE_DEFAULT: Final = Path("data/tradefloor.db")
SOCKET_NAME: Final = "control.sock"
"""The local operator's door, beside the database."""


def service_files(folder: Path) -> Mapping[str, Path]:
    """Return where the embedded services keep what they know, by service, for a folder of a floor's files."""
    return {"metering": folder / "metering.db", "oversight": folder / "oversight.db"}
