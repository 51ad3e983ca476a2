"""How a service answers an error of its store or of its rules: the gRPC status of each."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from actors.ports.metering import MeteringRefused, MeteringUnavailable, QuotaUnknown
from actors.ports.oversight import (
    AlreadyDecided,
    OversightRefused,
    OversightUnavailable,
    RequestExpired,
    RequestMismatch,
    RequestUnknown,
)
from net.grpc.correlation import correlated_call

STATUS_CODES: dict[type[Exception], grpc.StatusCode] = {
    QuotaUnknown: grpc.StatusCode.NOT_FOUND,
    MeteringRefused: grpc.StatusCode.INVALID_ARGUMENT,
    MeteringUnavailable: grpc.StatusCode.UNAVAILABLE,
    RequestUnknown: grpc.StatusCode.NOT_FOUND,
    RequestMismatch: grpc.StatusCode.ALREADY_EXISTS,
    AlreadyDecided: grpc.StatusCode.ALREADY_EXISTS,
    RequestExpired: grpc.StatusCode.FAILED_PRECONDITION,
    OversightRefused: grpc.StatusCode.INVALID_ARGUMENT,
    OversightUnavailable: grpc.StatusCode.UNAVAILABLE,
}

_log = logging.getLogger(__name__)


@contextmanager
def answering(context: grpc.ServicerContext) -> Iterator[None]:
    """End the call with the status of an error raised in the block; one that nobody foresaw is logged, and not told."""
    try:
        yield
    except tuple(STATUS_CODES) as error:
        context.abort(STATUS_CODES[type(error)], str(error))
    except Exception as error:  # noqa: BLE001 -- whatever it is, the log learns it and the caller does not
        with correlated_call(context.invocation_metadata()):
            _log.exception("a call failed", exc_info=error)
        context.abort(grpc.StatusCode.INTERNAL, "internal error")
