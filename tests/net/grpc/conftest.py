"""Stores in a folder of their own, and a clock that is set by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.services.metering_store import SqliteMeteringStore
from persistence.services.oversight_store import SqliteOversightStore
from tests.net.grpc.scripted import HandClock


@pytest.fixture
def clock() -> HandClock:
    """Return a clock that stands on 15 January 2026."""
    return HandClock()


@pytest.fixture
def metering_store(tmp_path: Path) -> Iterator[SqliteMeteringStore]:
    """Open a metering store, and close it after the servers are gone."""
    store = SqliteMeteringStore(tmp_path / "metering.db")
    yield store
    store.close()


@pytest.fixture
def oversight_store(tmp_path: Path) -> Iterator[SqliteOversightStore]:
    """Open an oversight store, and close it after the servers are gone."""
    store = SqliteOversightStore(tmp_path / "oversight.db")
    yield store
    store.close()
