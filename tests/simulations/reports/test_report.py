"""The report of a run, as a page and as files."""

import json
import re
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from plotly.offline import get_plotlyjs
from pyarrow import csv

from actors.model import ApprovalStatus
from simulations.reports import tables
from simulations.reports.fills import fills_of
from simulations.reports.folder import save_report
from simulations.reports.report import page_of
from simulations.reports.words import dollars_text, percent, span
from simulations.result import RefusedOrders, RunResult, summary
from tests.simulations.reports.made import DOLLAR, approvals, hours, ints, result, trades
from tests.simulations.runs import short_run

BUSY = (
    "oversight.threshold=4000",
    "population[2].threshold=2000",
    "oversight.ttl='30m'",
    "population[1].quota={api_calls=3}",
)


@pytest.fixture(scope="module")
def busy() -> RunResult:
    """Return a real run in which people had to decide."""
    return short_run("quickstart", 8, 48, *BUSY)


def figures_of(html: str) -> Any:
    """Return the figures that are inside of a page."""
    return json.loads(html.partition('id="figures">')[2].partition("</script>")[0])


def test_a_page_holds_everything_and_asks_for_nothing(busy: RunResult) -> None:
    """All charts and tables of a real run are there; nothing is fetched, and plotly is inside exactly once."""
    html = page_of(busy).render()
    assert html.count(get_plotlyjs()) == 1
    ours = html.replace(get_plotlyjs(), "")
    assert not re.search(r"(src|href)\s*=|https?://|@import|url\(", ours)
    for heading in ("Equity", "Trades and quotas", "Oversight", "cost of waiting", "How busy each approver was"):
        assert heading in ours
    figures = figures_of(html)
    assert len(figures) == 8
    assert all(f'id="{name}"' in ours for name in figures)
    assert busy.digest in ours
    assert "What each group bought and sold, in dollars; a bar stands for some 2 min." in ours


def test_names_cannot_break_out_of_the_page() -> None:
    """Whatever a scenario is called, it is shown and not run."""
    html = page_of(result(group_names=("</script><b>", "second & last"))).render()
    ours = html.replace(get_plotlyjs(), "")
    assert "<b>" not in ours
    assert "second &amp; last" in ours
    assert "A run &lt;made&gt; by hand." in ours
    assert figures_of(html)["chart-1"]["data"][0]["name"] == "</script><b>"


def test_a_run_without_approvals_says_what_would_change_that() -> None:
    """There are no empty charts of oversight."""
    html = page_of(result()).render()
    assert "A lower oversight.threshold would change that." in html
    assert len(figures_of(html)) == 5


def test_nobody_decided_anything() -> None:
    """Requests without approvers have a queue, and neither a load nor waiting times."""
    asked = approvals((ApprovalStatus.EXPIRED, {"resolved": 1.0}))
    html = page_of(result(approvals=asked, approver_names=())).render()
    assert "1 trades waited for 0 people." in html
    assert len(figures_of(html)) == 6


def test_a_run_of_a_single_moment_has_a_report() -> None:
    """Ctrl-C before the first tick leaves one sample twice."""
    moment = ints(hours(0, 0))
    made = result(sampled_at_us=moment, equity_micros=ints([[1_000, 3_000, 2_000]] * 2) * DOLLAR)
    assert "made" in page_of(made).render()


def test_tables_say_the_same_in_every_format(busy: RunResult, tmp_path: Path) -> None:
    """Parquet, CSV and JSON have the same rows and columns, and money is in dollars."""
    page = save_report(busy, tmp_path)
    assert page.name == "report.html"
    for name in tables.TABLES:
        parquet = pq.read_table(tmp_path / f"{name}.parquet")
        rows = orjson.loads((tmp_path / f"{name}.json").read_bytes())
        assert csv.read_csv(tmp_path / f"{name}.csv").shape == parquet.shape
        assert len(rows) == parquet.num_rows > 0
        assert list(rows[0]) == parquet.column_names
    equity = pq.read_table(tmp_path / "equity.parquet")
    assert equity.num_rows == busy.equity_micros.size
    assert equity["equity"][0].as_py() == busy.equity_micros[0, 0] / DOLLAR
    asked = orjson.loads((tmp_path / "approvals.json").read_bytes())
    assert {row["status"] for row in asked} <= {"approved", "rejected", "expired", "cancelled", "pending"}
    assert all(row["requestedAt"].endswith("Z") for row in asked)


def test_what_is_not_there_is_null() -> None:
    """A trade without a fill has no price, one that nobody waited for no approval."""
    made = result(trades=trades(agent=[0], price_micros=[0]))
    written = tables.tables_of(made, fills_of(made))
    row = written["trades"].to_pylist()[0]
    assert (row["price"], row["approval"], row["agentId"], row["group"]) == (None, None, "agt_1", "first")
    assert written["metrics"]["scope"].to_pylist() == ["all", "group", "group", "agent", "agent", "agent"]


def test_refused_orders_stand_in_the_report_and_in_a_table() -> None:
    """By cause and group, and with whose strategies kept raising."""
    refused = RefusedOrders(
        ("market closed", "quota exceeded"),
        ints([0, 2, 2]),
        ints([0, 1, 0]),
        ints([3, 40, 5]),
        ints(hours(0, 1, 1)),
        ints(hours(2, 2, 3)),
    )
    made = result(refused=refused, set_aside=ints([0, 2, 1]))
    html = page_of(made).render()

    rows = tables.tables_of(made, fills_of(made))["refused"].to_pylist()
    assert [(row["agentId"], row["group"], row["cause"], row["orders"]) for row in rows] == [
        ("agt_1", "first", "market closed", 3),
        ("agt_3", "second & last", "quota exceeded", 40),
        ("agt_3", "second & last", "market closed", 5),
    ]
    assert "<td>quota exceeded</td><td>40</td><td>0</td><td>40</td>" in html
    assert "<td>market closed</td><td>8</td><td>3</td><td>5</td>" in html
    assert "kept raising: 2 of first, 1 of second &amp; last." in html
    assert summary(made)["refused"] == {"quota exceeded": 40, "market closed": 8}
    assert "Every order of a strategy was taken, and whole." in page_of(result()).render()


def test_long_tables_are_parquet_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what an earlier run left there as text is no longer true, so it goes."""
    made = result(trades=trades(agent=[0, 1]))
    (tmp_path / "equity.csv").write_text("old")
    monkeypatch.setattr(tables, "TEXT_ROWS_MAX", 14)
    written = tables.write(tables.tables_of(made, fills_of(made)), tmp_path)
    assert (tmp_path / "equity.parquet") in written
    assert not (tmp_path / "equity.csv").exists()
    assert (tmp_path / "trades.csv").exists()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "\N{EN DASH}"), (59.4, "59 s"), (600, "10 min"), (7_260, "2 h 1 min"), (7_200, "2 h"), (93_600, "1 d 2 h")],
)
def test_spans_are_read_by_their_two_largest_units(seconds: float | None, text: str) -> None:
    """Nobody wants the seconds of a day."""
    assert span(seconds) == text


def test_figures_are_short() -> None:
    """Two places where one would be nothing, a sign before the dollar, no minus before zero."""
    assert (percent(0.1234), percent(0.0123), percent(-0.5, signed=True), percent(0.0)) == (
        "12.3 %",
        "1.23 %",
        "-50.0 %",
        "0.0 %",
    )
    assert (dollars_text(-1_234.5), dollars_text(-0.4), dollars_text(2.0)) == ("-$1,234", "$0", "$2")
