"""The floors under coverage hold where they should and give where they should."""

from pathlib import Path

import pytest
from coverage.exceptions import NoDataError

from tests import coverage_floor
from tests.coverage_floor import FileCoverage, parsed, shortfalls

WHOLE = FileCoverage("actors/money.py", 100.0, (), ())


def test_nothing_is_reported_when_every_floor_holds() -> None:
    """Ninety per cent of the whole and all of a pure module are enough."""
    assert list(shortfalls(90.0, [WHOLE], ["actors/money.py"])) == []


def test_the_whole_is_reported_below_its_floor() -> None:
    """The whole has a floor of its own, rounding not counted."""
    assert list(shortfalls(89.99, [WHOLE], ["actors/*.py"])) == [("the whole", "90.0 %, at least 90 %")]


def test_a_pure_module_is_reported_with_its_lines_and_branches() -> None:
    """A branch that ends in a line that is missing itself is named once, by the line."""
    file = FileCoverage("actors/prices/gbm.py", 97.5, (12,), ((11, 12), (20, -18)))

    assert list(shortfalls(95.0, [file], ["actors/prices/*.py"])) == [
        ("actors/prices/gbm.py", "97.5 %, not covered: 12, 20->-18")
    ]


def test_a_module_without_any_test_takes_one_row() -> None:
    """A long list of lines is cut, and says by how much."""
    file = FileCoverage("actors/risk.py", 0.0, tuple(range(1, 31)), ())

    assert list(shortfalls(95.0, [file], ["actors/risk.py"])) == [
        ("actors/risk.py", "0.0 %, not covered: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 18 more")
    ]


def test_a_pattern_that_names_nothing_is_reported() -> None:
    """A module that was renamed does not slip from under its floor."""
    assert list(shortfalls(95.0, [WHOLE], ["actors/gone.py"])) == [("actors/gone.py", "no such module was measured")]


def test_a_report_is_parsed() -> None:
    """The figures come from coverage's JSON."""
    report = {
        "meta": {"branch_coverage": True},
        "totals": {"percent_covered": 91.5},
        "files": {
            "actors/ledger.py": {
                "summary": {"percent_covered": 97.0},
                "missing_lines": [5],
                "missing_branches": [[4, 5]],
            }
        },
    }

    assert (91.5, [FileCoverage("actors/ledger.py", 97.0, (5,), ((4, 5),))]) == parsed(report)


def test_a_report_without_branches_is_refused() -> None:
    """Lines alone do not show that both ways of a condition were taken."""
    with pytest.raises(NoDataError, match="no branch"):
        parsed({"meta": {"branch_coverage": False}, "totals": {}, "files": {}})


@pytest.mark.parametrize(
    ("whole_percent", "status", "text"),
    [(95.0, 0, "95.0 % of the whole"), (80.0, 1, "the whole")],
)
def test_the_exit_status_says_whether_the_floors_hold(
    whole_percent: float,
    status: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`make test` fails where a floor does not hold, and says which."""
    monkeypatch.setattr(coverage_floor, "PURE_MODULES", ("actors/money.py",))
    monkeypatch.setattr(coverage_floor, "measured", lambda: (whole_percent, [WHOLE]))

    assert status == coverage_floor.main()
    assert text in "".join(capsys.readouterr())


def test_missing_data_is_an_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a run of the tests there is nothing to judge."""
    monkeypatch.setenv("COVERAGE_FILE", str(tmp_path / "coverage"))

    assert coverage_floor.main() == 2
    assert "run pytest --cov first" in capsys.readouterr().err
