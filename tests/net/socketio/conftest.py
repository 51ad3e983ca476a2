"""What the tests of this folder share."""

import pytest

from net.socketio.channel import AsgiChannel, ChannelFactory
from net.socketio.hypercorn_channel import HypercornChannel


@pytest.fixture(params=[AsgiChannel, HypercornChannel])
def channel(request: pytest.FixtureRequest) -> ChannelFactory:
    """Return either way to carry a WebSocket; they must not differ to a client."""
    factory: ChannelFactory = request.param
    return factory
