"""Where a floor keeps its files, known to commands without loading the floor."""

from pathlib import Path
from typing import Final

DATABASE_DEFAULT: Final = Path("data/tradefloor.db")
SOCKET_NAME: Final = "control.sock"
"""The local operator's door, beside the database."""
