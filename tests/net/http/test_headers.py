"""What is read of headers before an answer is sent."""

import pytest

from net.http.headers import takes_gzip

ACCEPTED = [b"gzip", b"br, gzip", b"br;q=1.0, gzip;q=0.2", b"*", b"GZIP", b"deflate, *;q=0.5"]
REFUSED = [b"", b"identity", b"br", b"gzip;q=0", b"*, gzip;q=0", b"br, *;q=0", b"gzipped", b";;,=\xff"]


@pytest.mark.parametrize(
    ("accept_encoding", "expected"), [*((value, True) for value in ACCEPTED), *((value, False) for value in REFUSED)]
)
def test_gzip_is_for_whoever_takes_it(accept_encoding: bytes, expected: bool) -> None:
    """By name or by a wildcard, unless its quality is 0."""
    assert takes_gzip(accept_encoding) is expected
