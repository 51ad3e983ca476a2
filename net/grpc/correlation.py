"""The correlation id that a call brings, and the log line that says who called under it."""

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import grpc

from net.grpc.channel import CORRELATION_KEY
from supervisor import correlated

_log = logging.getLogger(__name__)


def correlated_call(metadata: Iterable[tuple[str, str | bytes]]) -> AbstractContextManager[None]:
    """Log under the correlation id of a call, by its metadata, until the block ends."""
    brought = next((value for key, value in metadata if key == CORRELATION_KEY), None)
    return correlated(brought if isinstance(brought, str) else None)


class CallLog(grpc.ServerInterceptor):
    """Logs each call at its beginning, on the level debug."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "grpc.RpcMethodHandler[Any, Any] | None"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Log the call and go on with it."""
        if _log.isEnabledFor(logging.DEBUG):
            with correlated_call(handler_call_details.invocation_metadata):
                _log.debug("call of %s", handler_call_details.method)
        return continuation(handler_call_details)
