"""Recorded prices from a CSV file, and what is said of a file with a mistake."""

from pathlib import Path

import pytest

from actors.prices import read_csv
from actors.prices.csv_file import PriceFileError

DAY_US = 86_400_000_000

OHLCV_WIDE = "Date,Open,Close,Volume\n2024-01-01,1,2,98765432\n2024-01-02,3,4,0\n"
OHLCV_LONG = """date,symbol,close
2024-01-01,Volume,98765432
2024-01-01,Close,2
2024-01-01,Open,1
2024-01-02,Late,7
2024-01-02,Close,4
2024-01-02,Open,3
"""


def write(folder: Path, text: str) -> Path:
    """Write a file of prices."""
    path = folder / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_column_for_each_symbol(tmp_path: Path) -> None:
    """Prices are rounded to cents; an empty cell keeps the last price; the last row stays."""
    path = write(tmp_path, "Date,AAPL,TSLA\n1970-01-02,150.254,100\n\n1970-01-03,,101.5\n1970-01-04,151,1e2\n")
    market = read_csv(path)
    assert market.symbols == ("AAPL", "TSLA")
    assert market.open_micros().tolist() == [150_250_000, 100_000_000]
    assert (market.recorded_at_us, market.remaining) == (DAY_US, 2)
    assert market.step(0.1).tolist() == [150_250_000, 101_500_000]
    assert market.step(0.1).tolist() == [151_000_000, 100_000_000]
    assert (market.recorded_at_us, market.remaining) == (3 * DAY_US, 0)
    assert market.step(0.1).tolist() == [151_000_000, 100_000_000]
    assert market.open_micros().tolist() == [150_250_000, 100_000_000]


def test_a_line_for_each_price(tmp_path: Path) -> None:
    """In whatever order of symbols; times may say their zone."""
    path = write(
        tmp_path,
        "timestamp,symbol,close\n1970-01-01T01:00:00+01:00,B,2\n1970-01-01,A,1\n1970-01-01T00:01,A,3\n",
    )
    market = read_csv(path)
    assert market.symbols == ("B", "A")
    assert market.recorded_at_us == 0
    assert market.open_micros().tolist() == [2_000_000, 1_000_000]
    assert market.step(0.1).tolist() == [2_000_000, 3_000_000]
    assert market.recorded_at_us == 60_000_000


@pytest.mark.parametrize("text", [OHLCV_WIDE, OHLCV_LONG])
def test_only_what_is_chosen_has_to_be_prices(tmp_path: Path, text: str) -> None:
    """In the order in which it is asked for; what is not there is said with what there is."""
    path = write(tmp_path, text)
    market = read_csv(path, ["Close", "Open"])
    assert market.symbols == ("Close", "Open")
    assert market.open_micros().tolist() == [2_000_000, 1_000_000]
    assert market.step(0.1).tolist() == [4_000_000, 3_000_000]
    with pytest.raises(PriceFileError, match="98765432 is not a price"):
        read_csv(path)
    with pytest.raises(PriceFileError, match=r"column AAPL: there is no such symbol; there are .*Volume"):
        read_csv(path, ["AAPL"])


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    """Spreadsheets write one."""
    assert read_csv(write(tmp_path, "\ufeffdate,A\n2024-01-01,1\n")).symbols == ("A",)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "line 1:", "header"),
        ("price,A\n", "line 1, column price:", "holds the time"),
        ("date\n", "line 1:", "no column"),
        ("date,A,\n", "line 1, column 3:", "no name"),
        ("date,A,B,A\n", "line 1, column A:", "twice"),
        ("date,A\n", "line 1:", "no prices"),
        ("date,A\n2024-01-01,1,2\n", "line 2:", "3 cells"),
        ("date,A\n31.12.2024,1\n", "line 2, column date:", "'31.12.2024' is not an ISO 8601 time"),
        ("date,A\n2024-01-02,1\n2024-01-01,1\n", "line 3, column date:", "before"),
        ("date,A\n2024-01-02,1\n2024-01-02,1\n", "line 3, column date:", "A has a price"),
        ("date,A\n2024-01-02,1\n2024-01-03,n/a\n", "line 3, column A:", "'n/a' is not a price"),
        ("date,A\n2024-01-02,NaN\n", "line 2, column A:", "not a price"),
        ("date,A\n2024-01-02,-1\n", "line 2, column A:", "-1 is not a price from"),
        ("date,A\n2024-01-02,inf\n", "line 2, column A:", "inf is not a price from"),
        ("date,A,B\n2024-01-02,1,\n2024-01-03,1,2\n", "line 3, column B:", "first time"),
        ("date,A,B\n2024-01-02,1,\n", "line 2, column B:", "at all"),
        ("date,symbol,close\n2024-01-02,,1\n", "line 2, column symbol:", "missing"),
        ("date,symbol,close\n2024-01-02,A,\n", "line 2, column close:", "'' is not a price"),
        ('date,A\n2024-01-02,"1"x\n', "line 2:", "not CSV"),
    ],
)
def test_a_mistake_names_file_line_and_column(tmp_path: Path, text: str, place: str, words: str) -> None:
    """So that it can be found and mended."""
    path = write(tmp_path, text)
    with pytest.raises(PriceFileError, match=words) as caught:
        read_csv(path)
    assert str(caught.value).startswith(f"{path}, {place}")


def test_a_file_that_is_not_text_is_said_to_be_none(tmp_path: Path) -> None:
    """A workbook in place of a CSV file is a common mistake."""
    path = tmp_path / "prices.csv"
    path.write_bytes(b"date,A\n\xff\xfe\n")
    with pytest.raises(PriceFileError, match="not UTF-8"):
        read_csv(path)


def test_a_missing_file_is_the_systems_error(tmp_path: Path) -> None:
    """It names the path already."""
    with pytest.raises(FileNotFoundError):
        read_csv(tmp_path / "none.csv")
