"""The tree keeps the habits of the house, and each check finds what it is for."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import tidy
from tests.tidy import Source, source_of

ROOT = Path(__file__).parent.parent
CHECKS: tuple[Callable[[Source], Iterator[str]], ...] = (
    tidy.long_functions,
    tidy.long_file,
    tidy.missing_docstring,
    tidy.to_dos,
    tidy.prints,
    tidy.real_sleeps,
    tidy.wall_clocks,
    tidy.system_randomness,
)


@cache
def _sources() -> list[Source]:
    return tidy.read_sources(ROOT)


@pytest.mark.no_cover
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_tree_keeps_the_habit(check: Callable[[Source], Iterator[str]]) -> None:
    """No file of the product or of its tests offends."""
    offences = [offence for source in _sources() for offence in check(source)]

    assert offences == []


def test_all_packages_are_looked_at() -> None:
    """The checks see every package, and nothing that a program wrote."""
    packages = {source.package for source in _sources()}

    assert {*tidy.PACKAGES, "tests"} == packages
    assert not any(source.is_generated for source in _sources())


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (tidy.long_functions, "net/a.py", "def f():\n" + "    x = 1\n" * 70),
        (tidy.long_functions, "net/a.py", "async def f():\n" + "    x = 1\n" * 70),
        (tidy.long_file, "net/a.py", "x = 1\n" * 401),
        (tidy.missing_docstring, "net/a.py", "x = 1\n"),
        (tidy.to_dos, "net/a.py", "x = 1  # TODO: later\n"),
        (tidy.to_dos, "net/a.py", "# FIXME\n"),
        (tidy.prints, "actors/a.py", "print('x')\n"),
        (tidy.real_sleeps, "tests/test_a.py", "import trio\nasync def f():\n    await trio.sleep(1)\n"),
        (tidy.real_sleeps, "tests/test_a.py", "from trio import sleep as doze\nasync def f():\n    await doze(1)\n"),
        (tidy.real_sleeps, "tests/test_a.py", "import time\ndef f(autojump_clock):\n    time.sleep(1)\n"),
        (tidy.real_sleeps, "tests/test_a.py", "import asyncio\nasyncio.run(f())\n"),
        (tidy.wall_clocks, "actors/a.py", "import time\nx = time.time()\n"),
        (tidy.wall_clocks, "actors/a.py", "import time as t\nx = t.monotonic()\n"),
        (tidy.wall_clocks, "tests/test_a.py", "from datetime import UTC, datetime\nx = datetime.now(UTC)\n"),
        (tidy.wall_clocks, "net/a.py", "import datetime as dt\nx = dt.datetime.now\n"),
        (tidy.system_randomness, "actors/a.py", "import random\nx = random.random()\n"),
        (tidy.system_randomness, "actors/a.py", "from random import choice\nx = choice([1])\n"),
        (tidy.system_randomness, "actors/a.py", "import random\nx = random.Random()\n"),
        (tidy.system_randomness, "actors/a.py", "import secrets\nx = secrets.token_hex()\n"),
        (tidy.system_randomness, "actors/a.py", "from uuid import uuid4\nx = uuid4()\n"),
        (tidy.system_randomness, "tests/a.py", "import os\nx = os.urandom(3)\n"),
        (tidy.system_randomness, "actors/a.py", "import numpy as np\nx = np.random.default_rng()\n"),
        (tidy.system_randomness, "actors/a.py", "import numpy as np\nx = np.random.normal(0, 1)\n"),
    ],
)
def test_an_offence_is_found(check: Callable[[Source], Iterator[str]], path: str, text: str) -> None:
    """Each check finds its offence once, whatever the name it was imported under."""
    assert len(list(check(source_of(path, text)))) == 1


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (tidy.long_functions, "net/a.py", "@decorated\ndef f():\n" + "    x = 1\n" * 69),
        (tidy.long_file, "net/a.py", "x = 1\n" * 400),
        (tidy.missing_docstring, "net/a.py", '"""A module."""\n'),
        (tidy.to_dos, "net/a.py", "x = 'TODO'  # mastodon\n"),
        (tidy.prints, "simulations/a.py", "print('x')\n"),
        (tidy.prints, "tradefloor/a.py", "print('x')\n"),
        (tidy.prints, "actors/a.py", "console.print('x')\n"),
        (tidy.real_sleeps, "net/a.py", "import trio\nasync def f():\n    await trio.sleep(1)\n"),
        (tidy.real_sleeps, "tests/a.py", "import trio\nasync def f():\n    await trio.sleep_forever()\n"),
        (tidy.real_sleeps, "tests/a.py", "import trio\nasync def f(autojump_clock):\n    await trio.sleep(1)\n"),
        (
            tidy.real_sleeps,
            "tests/a.py",
            "import trio\nasync def f():\n    await trio.sleep(1)\nc = trio.testing.MockClock()\n",
        ),
        (tidy.real_sleeps, tidy.CONSOLE_PILOT, "import asyncio\nasyncio.run(f())\n"),
        (tidy.wall_clocks, "tradefloor/a.py", "import time\nx = time.time()\n"),
        (tidy.wall_clocks, "simulations/a.py", "import time\nx = time.perf_counter()\n"),
        (tidy.wall_clocks, "actors/a.py", "x = event.time\ny = clock().time.time()\n"),
        (tidy.system_randomness, "tradefloor/a.py", "import secrets\nx = secrets.token_hex()\n"),
        (tidy.system_randomness, "actors/a.py", "import random\ndef f(rng: random.Random) -> None: ...\n"),
        (tidy.system_randomness, "actors/a.py", "import random\nx = random.Random(7)\n"),
        (tidy.system_randomness, "actors/a.py", "import numpy as np\nx = np.random.default_rng(seed)\n"),
        (tidy.system_randomness, "actors/a.py", "import numpy as np\nx: np.random.Generator\n"),
    ],
)
def test_what_is_in_order_is_left_alone(check: Callable[[Source], Iterator[str]], path: str, text: str) -> None:
    """No check cries wolf."""
    assert list(check(source_of(path, text))) == []
