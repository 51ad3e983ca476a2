"""The benchmarks that start the real program run, and say what they measured. Their figures mean nothing here."""

import json

import pytest
from click.testing import CliRunner

from simulations.bench.wire_client import Load, UnexpectedAnswer, encode, together
from tradefloor.commands.bench import bench

pytestmark = pytest.mark.e2e


@pytest.mark.usefixtures("processes_unmeasured")
def test_quick_run_as_json() -> None:
    """Every figure has a value, and those of HTTP a bound that was measured in the same run."""
    result = CliRunner().invoke(bench, ["http", "floor", "control", "--quick", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.output)
    assert {figure["name"] for figure in document["http"]} >= {"GET portfolio", "durable trades"}
    assert all(figure["bound"] > 0 and figure["value"] > 0 for figure in document["http"])
    assert {figure["name"]: figure["value"] for figure in document["floor"]}["moments not ready"] == 0
    operated = {figure["name"]: figure["value"] for figure in document["control"]}
    assert operated["orders lost or refused"] == 0
    assert operated["messages that wait in mailboxes"] >= 50


def test_percentiles_are_by_nearest_rank() -> None:
    """Of a hundred latencies the 99th percentile is the last but one."""
    load = Load(seconds=2.0, latencies_ms=[float(number) for number in range(100)])
    assert (load.rate, load.percentile_ms(50), load.percentile_ms(99)) == (50.0, 50.0, 99.0)


def test_rounds_count_together() -> None:
    """A fast and a slow round have the rate of all their answers over all their time."""
    load = together([Load(1.0, [1.0] * 30), Load(2.0, [2.0] * 30)])
    assert (load.rate, load.percentile_ms(25), load.percentile_ms(75)) == (20.0, 1.0, 2.0)


def test_requests_are_encoded_as_http() -> None:
    """A body brings its type and length along."""
    assert encode("GET", "/x", "h:1") == b"GET /x HTTP/1.1\r\nhost: h:1\r\naccept: application/json\r\n\r\n"
    assert encode("POST", "/x", "h:1", "t", b"{}").endswith(b"content-length: 2\r\n\r\n{}")
    assert issubclass(UnexpectedAnswer, Exception)
