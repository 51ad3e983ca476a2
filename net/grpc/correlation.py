"""The correlation id that a call brings, and the log line that says who called under it."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from net.grpc.channel import CORRELATION_KEY
from supervisor import correlation_id

_log = logging.getLogger(__name__)


@contextmanager
def correlated(metadata: Iterable[tuple[str, str | bytes]]) -> Iterator[None]:
    """Log under the correlation id of a call, by its metadata, until the block ends."""
    brought = next((value for key, value in metadata if key == CORRELATION_KEY), None)
    token = correlation_id.set(brought if isinstance(brought, str) else None)
    try:
        yield
    finally:
        correlation_id.reset(token)


class CallLog(grpc.ServerInterceptor):
    """Logs each call at its beginning, on the level debug."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "grpc.RpcMethodHandler[Any, Any] | None"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Log the call and go on with it."""
        if _log.isEnabledFor(logging.DEBUG):
            with correlated(handler_call_details.invocation_metadata):
                _log.debug("call of %s", handler_call_details.method)
        return continuation(handler_call_details)
