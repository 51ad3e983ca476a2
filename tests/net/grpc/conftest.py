"""Stores in a folder of their own, and a clock that is set by hand."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.services.metering_store import SqliteMeteringStore
from persistence.services.oversight_store import SqliteOversightStore
from supervisor import correlation_id
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


class _Lines(logging.Handler):
    """Keeps correlation id, message and error of each record, as they are when it is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.lines.append(f"{correlation_id.get()} {record.getMessage()} {error}")


@pytest.fixture
def calls_logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Yield what the servers log: correlation id, message and error."""
    caplog.set_level(logging.DEBUG, logger="net.grpc")
    handler = _Lines()
    servers = [logging.getLogger(f"net.grpc.{name}") for name in ("correlation", "statuses")]
    for logger in servers:
        logger.addHandler(handler)
    yield handler.lines
    for logger in servers:
        logger.removeHandler(handler)
