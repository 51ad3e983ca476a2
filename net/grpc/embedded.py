"""Both services in this process: embedded on free loopback ports, or alone on fixed ones."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import grpc
from attrs import frozen

from net.grpc import metering_client, oversight_client
from net.grpc.metering_server import MeteringServicer
from net.grpc.oversight_server import WATCHERS_MAX, OversightServicer
from net.grpc.server import TlsServer, start_server
from net.grpc.stores import Clock, MeteringStore, OversightStore
from proto import metering_pb2_grpc, oversight_pb2_grpc

LOOPBACK = "127.0.0.1:0"
"""Any free port, for this machine only."""

CALL_THREADS = 8
"""Calls served at once by each service; their stores do one thing at a time anyway."""


@frozen
class ServiceAddresses:
    """Where the services listen, as ``host:port``."""

    metering: str
    oversight: str


@contextmanager
def serve_metering(
    store: MeteringStore,
    clock: Clock,
    *,
    address: str = LOOPBACK,
    tls: TlsServer | None = None,
    interceptors: Sequence[grpc.ServerInterceptor] = (),
) -> Iterator[str]:
    """Serve metering while the block runs, and yield the address. Raises `ListenError`."""
    servicer = MeteringServicer(store, clock)
    server = start_server(
        address,
        metering_client.SERVICE,
        lambda server: metering_pb2_grpc.add_MeteringServiceServicer_to_server(servicer, server),
        threads_max=CALL_THREADS,
        tls=tls,
        interceptors=interceptors,
    )
    try:
        yield server.address
    finally:
        server.stop()


@contextmanager
def serve_oversight(
    store: OversightStore,
    clock: Clock,
    *,
    auto_approve_below_micros: int,
    address: str = LOOPBACK,
    tls: TlsServer | None = None,
    interceptors: Sequence[grpc.ServerInterceptor] = (),
) -> Iterator[str]:
    """Serve oversight while the block runs, and yield the address. Raises `ListenError`."""
    servicer = OversightServicer(store, clock, auto_approve_below_micros)
    server = start_server(
        address,
        oversight_client.SERVICE,
        lambda server: oversight_pb2_grpc.add_OversightServiceServicer_to_server(servicer, server),
        threads_max=CALL_THREADS + WATCHERS_MAX,
        tls=tls,
        interceptors=interceptors,
    )
    try:
        yield server.address
    finally:
        servicer.close()
        server.stop()


@contextmanager
def serve_both(
    metering_store: MeteringStore,
    oversight_store: OversightStore,
    clock: Clock,
    *,
    auto_approve_below_micros: int,
    metering_address: str = LOOPBACK,
    oversight_address: str = LOOPBACK,
    tls: TlsServer | None = None,
    interceptors: Sequence[grpc.ServerInterceptor] = (),
) -> Iterator[ServiceAddresses]:
    """Serve metering and oversight while the block runs, and yield their addresses. Raises `ListenError`.

    Leaving the block waits, without trio, until the calls in progress have ended, at most two seconds. The stores
    stay their maker's to close, afterwards.
    """
    with (
        serve_metering(metering_store, clock, address=metering_address, tls=tls, interceptors=interceptors) as metering,
        serve_oversight(
            oversight_store,
            clock,
            auto_approve_below_micros=auto_approve_below_micros,
            address=oversight_address,
            tls=tls,
            interceptors=interceptors,
        ) as oversight,
    ):
        yield ServiceAddresses(metering, oversight)
