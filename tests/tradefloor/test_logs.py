"""Log lines: each message is one, whatever somebody puts into it."""

import logging
from collections.abc import Iterator

import pytest

from tradefloor.logs import configure_logging


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    """Leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.usefixtures("_logging_as_before")
def test_a_path_forges_no_line(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither line ends of any kind, nor what terminals obey or what turns the text around, leave as they came."""
    configure_logging(log_format, "info")
    logging.getLogger("net").warning("GET %s 503, said Zo\u00eb", "/a\n[error] forged\x1b[31m\u2028\u202e\x9b")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert "forged" in line
    assert "Zo\u00eb" in line or log_format == "json"
