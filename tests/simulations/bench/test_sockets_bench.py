"""The benchmark of the sockets: its cheap reading of frames, and a short run of it."""

import orjson
import pytest

from net.websocket.wire import PING, encode_text
from simulations.bench import sockets
from simulations.bench.socket_clients import count_frames, latencies_ms

EPOCH_MS = 1_770_000_000_000


@pytest.mark.parametrize("size", [20, 125, 126, 70_000])
def test_frames_are_counted_in_any_pieces(size: int) -> None:
    """Text frames alone count, each once, when all of it has come."""
    stream = (encode_text(b"x" * size) + PING) * 3 + encode_text(b"y" * 20)
    for cut in (1, 2, 5, size, len(stream) - 1):
        first, end = count_frames(stream[:cut])
        second, rest = count_frames(stream[:cut][end:] + stream[cut:])
        assert (first + second, end + rest) == (4, len(stream))


def test_latencies_are_those_of_executed_trades() -> None:
    """By the time in the frame, in milliseconds."""
    frames = b"".join(
        encode_text(orjson.dumps({"type": kind, "timestamp": "2026-02-02T02:40:00.250000Z"}))
        for kind in ("trade.created", "trade.executed", "trade.executed")
    )
    assert list(latencies_ms(frames, EPOCH_MS / 1_000 + 1)) == pytest.approx([750, 750])


@pytest.mark.e2e
@pytest.mark.usefixtures("processes_unmeasured")
def test_a_short_run() -> None:
    """All figures are there, and the slow do not take from the fast what these are due."""
    figures = {figure.name: figure for figure in sockets.run(quick=True)}
    assert all(figure.value > 0 for figure in figures.values())
    assert figures["the same beside 200 idle, 50 slow: deliveries"].ratio == pytest.approx(1, rel=0.3)
