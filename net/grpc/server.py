"""A gRPC server with health and reflection, in a bounded pool of threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc
from attrs import frozen
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from net.grpc.correlation import CallLog

CALLS_WAITING_MAX = 1_000
"""Beyond the threads; more are refused with RESOURCE_EXHAUSTED instead of piling up."""

PING_INTERVAL_MS_MIN = 5_000
"""Clients ping every 10 s; only one that pings twice as often is sent away."""

STOP_GRACE_S = 1.0
"""What calls in progress get to end when the server stops."""


class ListenError(Exception):
    """The server cannot listen at its address, as when another process does."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"cannot listen on {address}: {reason}")
        self.address = address


@frozen
class TlsServer:
    """TLS of a server, in PEM. With ``client_roots`` each client must show a certificate signed by one of them."""

    certificate_chain: bytes
    private_key: bytes
    client_roots: bytes | None = None


class RunningServer:
    """A server that listens. Stop it before its store is closed."""

    def __init__(self, server: grpc.Server, address: str, health_servicer: health.HealthServicer) -> None:
        """Hold what `start_server` started."""
        self._server = server
        self._health = health_servicer
        self.address = address
        """Where it listens, with the port it was given if it asked for any (port 0)."""

    def stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """Take no more calls, and wait until the last has ended or the grace is over."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace_s).wait()


def start_server(
    address: str,
    service: str,
    add_servicer: Callable[[grpc.Server], None],
    *,
    threads_max: int,
    tls: TlsServer | None = None,
    interceptors: Sequence[grpc.ServerInterceptor] = (),
) -> RunningServer:
    """Serve a service (by its full name) at ``host:port``; port 0 takes a free one. Raises `ListenError`."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=threads_max, thread_name_prefix=service),
        interceptors=[CallLog(), *interceptors],
        maximum_concurrent_rpcs=threads_max + CALLS_WAITING_MAX,
        options=[
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", PING_INTERVAL_MS_MIN),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", PING_INTERVAL_MS_MIN),
            # Two servers on one port would share its calls between two states; let the second one fail instead.
            ("grpc.so_reuseport", 0),
        ],
    )
    add_servicer(server)
    health_servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    health_servicer.set(service, health_pb2.HealthCheckResponse.SERVING)
    reflection.enable_server_reflection((service, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    port = _listen(server, address, tls)
    server.start()
    return RunningServer(server, f"{address.rpartition(':')[0]}:{port}", health_servicer)


def _listen(server: grpc.Server, address: str, tls: TlsServer | None) -> int:
    try:
        if tls is None:
            return server.add_insecure_port(address)
        credentials = grpc.ssl_server_credentials(
            [(tls.private_key, tls.certificate_chain)], tls.client_roots, tls.client_roots is not None
        )
        return server.add_secure_port(address, credentials)
    except RuntimeError as error:
        # What follows the cause is how to debug the library.
        raise ListenError(address, str(error).partition(";")[0]) from error
