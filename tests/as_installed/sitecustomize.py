"""Processes that tests start find what a runtime install has: neither pandas nor pytest, which come with other tools.

sqlite-utils and trio.testing load them where they are, which took a start of the floor a fifth of its time, and would
hide that something of ours needs them. `tests/conftest.py` puts this folder on the path of such processes.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

HIDDEN = frozenset({"pandas", "_pytest", "pytest"})


class HiddenModules:
    """Comes before the finders of modules, and answers for those that an install lacks."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Leave every other module to the next finder. Raises ModuleNotFoundError."""
        if name in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


sys.meta_path.insert(0, HiddenModules)
