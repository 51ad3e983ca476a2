"""The market of a scenario: its models and parameters, shocks on top, and prices that were real."""

import csv
import math
from pathlib import Path

import backtesting.test
import numpy as np
import pyarrow as pa
import pytest
import vega_datasets
from pyarrow import parquet

from actors.prices.base import PriceModel
from actors.prices.synthetic import MODEL_NAMES, synthetic_market
from simulations.market import price_model
from simulations.recorded_prices import SeriesError, from_table
from simulations.scenario import ScenarioError, load, parse, with_settings


def market(*settings: str, folder: Path | None = None) -> PriceModel:
    """Return the market of the quickstart with other settings."""
    return price_model(parse(with_settings(load("quickstart"), settings)), folder)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_models_are_those_of_the_floor(name: str) -> None:
    """Without parameters each model makes the prices of the synthetic market of the same seed."""
    mine, theirs = market(f"market.model='{name}'"), synthetic_market(7, name)

    assert mine.symbols == theirs.symbols
    for _ in range(3):
        assert np.array_equal(mine.step(1e-4), theirs.step(1e-4))


def test_a_symbol_may_follow_a_model_of_its_own() -> None:
    """It moves as in a market where all follow that model, correlation included."""
    symbols = "market.symbols=[{symbol='AAPL'}, {symbol='TSLA', model='heston'}]"
    mixed = market("market.model='gbm'", symbols)
    plain = market("market.model='gbm'", "market.symbols=[{symbol='AAPL'}, {symbol='TSLA'}]")
    heston = market("market.model='heston'", "market.symbols=[{symbol='AAPL'}, {symbol='TSLA'}]")

    assert mixed.symbols == ("AAPL", "TSLA")
    assert np.array_equal(mixed.open_micros(), plain.open_micros())
    for _ in range(3):
        prices = mixed.step(1e-4)
        assert prices.tolist() == [plain.step(1e-4)[0], heston.step(1e-4)[1]]


def test_parameters_and_listings_are_changed() -> None:
    """An unlisted symbol brings its own; jumps so frequent that they show."""
    symbols = "market.symbols=[{symbol='ACME', open=20, drift=0, volatility=0.0001, sector='retail'}]"
    still = market("market.model='merton'", symbols, "market.parameters.rate=0")
    jumping = market("market.model='merton'", symbols, "market.parameters={rate=100000, deviation=0.5}")

    assert still.open_micros().tolist() == [20_000_000]
    assert still.step(1e-4).tolist() == [20_000_000]
    assert jumping.step(1e-3).tolist() != [20_000_000]


def test_a_shock_hits_and_recovers() -> None:
    """The named symbol falls by half at the second tick and is back two ticks later; the other one never moves."""
    symbols = ", ".join(f"{{symbol='{name}', volatility=0.0001, drift=0}}" for name in ("AAPL", "TSLA"))
    shock = "market.shocks=[{at='10m', move=-0.5, symbols=['AAPL'], recovers_over='10m'}]"
    shocked = market("market.model='gbm'", f"market.symbols=[{symbols}]", shock)

    path = np.array([shocked.step(1e-9) for _ in range(5)]) / shocked.open_micros()

    assert path[:, 0].tolist() == pytest.approx([1, 0.5, 0.5**0.5, 1, 1], abs=1e-3)
    assert path[:, 1].tolist() == pytest.approx([1] * 5, abs=1e-3)


def test_a_shock_without_recovery_stays() -> None:
    """All symbols, for good."""
    shocked = market("market.model='gbm'", "market.shocks=[{at=0, move=1}]")

    path = np.array([shocked.step(1e-9) for _ in range(3)]) / shocked.open_micros()

    assert path == pytest.approx(np.full(path.shape, 2.0), rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (("market.parameters.speed=3",), "market.parameters.speed: is no parameter of merton, which has rate, mean"),
        (("market.model='gbm'", "market.parameters.rate=3"), "of gbm, which has none"),
        (("market.parameters.rate=-3",), "market.parameters: 'rate' must be >= 0: -3"),
        (("market.correlation.market=0.9", "market.correlation.sector=0.9"), "market.correlation: market and sector"),
        (
            ("market.correlation.matrix=[[1.0]]",),
            "market.correlation.matrix: a correlation matrix of 20 symbols is 20 x 20",
        ),
        (("market.shocks=[{at=1, move=0.1, symbols=['ACME']}]",), "market.shocks[0].symbols: names 'ACME'"),
        (
            ("market.model='replay'", "market.replay.series='x'"),
            "market.replay: there is no series 'x'; there are",
        ),
        (("market.model='replay'", "market.replay.file='x.csv'"), "market.replay: [Errno 2]"),
        (("market.model='replay'", "market.replay={series='plotly.stocks', symbols=['X']}"), "there is no symbol 'X'"),
    ],
)
def test_a_market_that_cannot_be_made_is_said(settings: tuple[str, ...], problem: str) -> None:
    """With the key and what there is."""
    with pytest.raises(ScenarioError) as caught:
        market(*settings)

    assert problem in str(caught.value)


def test_a_matrix_correlates() -> None:
    """Two symbols that are all but the same move together."""
    tied = market(
        "market.model='gbm'",
        "market.symbols=[{symbol='AAPL', volatility=0.3}, {symbol='TSLA', volatility=0.3}]",
        "market.correlation.matrix=[[1.0, 0.999], [0.999, 1.0]]",
    )

    logs = np.log(np.array([tied.step(1e-3) for _ in range(200)], dtype=np.float64))

    assert np.corrcoef(np.diff(logs, axis=0).T)[0, 1] > 0.98


def test_real_prices_come_from_packages_and_files(tmp_path: Path) -> None:
    """GOOG's daily closes out of backtesting, as CSV and as Parquet, are the same market."""
    source = Path(backtesting.test.__file__).parent / "GOOG.csv"
    with source.open(encoding="utf-8") as file:
        rows = [(row[""], float(row["Close"])) for row in csv.DictReader(file)]
    lines = "".join(f"{day},{close:.2f},{close / 2:.2f}\n" for day, close in rows)
    (tmp_path / "goog.csv").write_text("date,GOOG,HALF\n" + lines, "utf-8")
    days, closes = [day for day, _ in rows], [close for _, close in rows]
    parquet.write_table(pa.table({"date": days, "GOOG": closes}), tmp_path / "goog.parquet")

    from_csv = market("market.model='replay'", "market.replay={file='goog.csv', symbols=['GOOG']}", folder=tmp_path)
    from_parquet = market("market.model='replay'", "market.replay={file='goog.parquet'}", folder=tmp_path)

    assert from_csv.symbols == from_parquet.symbols == ("GOOG",)
    assert [from_csv.step(1).tolist() for _ in range(50)] == [from_parquet.step(1).tolist() for _ in range(50)]


def test_monthly_prices_of_vega_are_a_market(tmp_path: Path) -> None:
    """A long table of five symbols, of which one began later, is read once it is left out."""
    frame = vega_datasets.data.stocks()
    kept = frame[frame.symbol != "GOOG"]
    lines = "".join(f"{row.date:%Y-%m-%d},{row.symbol},{row.price}\n" for row in kept.sort_values("date").itertuples())
    (tmp_path / "stocks.csv").write_text("date,symbol,close\n" + lines, "utf-8")

    replay = market("market.model='replay'", "market.replay.file='stocks.csv'", folder=tmp_path)

    assert sorted(replay.symbols) == ["AAPL", "AMZN", "IBM", "MSFT"]
    assert (replay.step(1) > 0).all()


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"date": ["2024-01-02", "2024-01-01"], "A": [1.0, 2.0]}, "the times of column date do not rise"),
        ({"date": ["noon"], "A": [1.0]}, "'noon' is not an ISO 8601 time"),
        ({"date": [5], "A": [1.0]}, "the first column holds times, not 5 as date does; an index of pandas"),
        ({"date": [None, "2024-01-01"], "A": [1.0, 2.0]}, "a time is missing in the first column, date"),
        ({"date": ["2024-01-01"]}, "holds no prices: it needs a column of times, one for each symbol, and a row"),
        ({}, "holds no prices"),
        ({"date": [], "A": []}, "holds no prices"),
        ({"date": ["2024-01-01", "2024-01-02"], "A": [None, 2.0]}, "column A has no price at the first time"),
        ({"date": ["2024-01-01"], "A": [-1.0]}, "column A holds a price that is not from"),
        ({"date": ["2024-01-01"], "A": ["x"]}, "column A holds what is no price"),
    ],
)
def test_a_parquet_file_with_mistakes_is_said(columns: dict[str, list[object]], problem: str, tmp_path: Path) -> None:
    """With the column."""
    parquet.write_table(pa.table(columns), tmp_path / "prices.parquet")

    with pytest.raises(ScenarioError, match=problem):
        market("market.model='replay'", "market.replay.file='prices.parquet'", folder=tmp_path)


def test_a_symbol_without_a_price_keeps_its_last_one(tmp_path: Path) -> None:
    """An empty cell is one in Parquet as in CSV, and so is what pandas writes for it; times may be its nanoseconds."""
    times = pa.array([1_704_067_200_123_456_789 + day * 86_400_000_000_000 for day in range(4)], pa.timestamp("ns"))
    parquet.write_table(pa.table({"date": times, "A": [1.0, None, math.nan, 2.0]}), tmp_path / "prices.parquet")

    replay = market("market.model='replay'", "market.replay.file='prices.parquet'", folder=tmp_path)

    assert [replay.open_micros().tolist(), *(replay.step(1).tolist() for _ in range(3))] == [
        [1_000_000],
        [1_000_000],
        [1_000_000],
        [2_000_000],
    ]


def test_a_column_is_there_once() -> None:
    """Two of a name are two symbols of a name."""
    columns = [pa.array(["2024-01-01"]), pa.array([1.0]), pa.array([2.0])]

    with pytest.raises(SeriesError, match="prices: the column A is there twice"):
        from_table(pa.Table.from_arrays(columns, names=["date", "A", "A"]), "prices")


def test_what_is_no_parquet_is_said(tmp_path: Path) -> None:
    """By its name."""
    (tmp_path / "prices.parquet").write_text("date,AAPL\n", "utf-8")

    with pytest.raises(ScenarioError, match="is no Parquet file"):
        market("market.model='replay'", "market.replay.file='prices.parquet'", folder=tmp_path)
