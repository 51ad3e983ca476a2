"""A channel to a service: keepalive, retries by service config, TLS."""

import json
from collections.abc import Sequence

import grpc
from attrs import frozen

CORRELATION_KEY = "x-correlation-id"
"""The metadata that carries a call's correlation id."""

KEEPALIVE_TIME_MS = 10_000
"""A peer that vanished without a word is noticed by a ping after this time ..."""
KEEPALIVE_TIMEOUT_MS = 5_000
"""... that is not answered within this one."""

ATTEMPTS_MAX = 4
"""Three retries; gRPC allows no more than five attempts in all."""

RECONNECT_BACKOFF_MS_MAX = 5_000


@frozen
class TlsClient:
    """TLS towards a service, in PEM. Without ``root_certificates`` those that gRPC brings are trusted.

    ``certificate_chain`` and ``private_key`` go together: the client's own, where the service asks for one.
    """

    root_certificates: bytes | None = None
    certificate_chain: bytes | None = None
    private_key: bytes | None = None


def service_config(service: str, idempotent_methods: Sequence[str]) -> str:
    """Return the service config, as JSON, that retries calls which found no service and may be repeated."""
    return json.dumps(
        {
            "methodConfig": [
                {
                    "name": [{"service": service, "method": method} for method in idempotent_methods],
                    "retryPolicy": {
                        "maxAttempts": ATTEMPTS_MAX,
                        "initialBackoff": "0.1s",
                        "maxBackoff": "5s",
                        "backoffMultiplier": 2,
                        "retryableStatusCodes": ["UNAVAILABLE"],
                    },
                }
            ]
        }
    )


def open_channel(address: str, config: str, tls: TlsClient | None = None) -> grpc.Channel:
    """Open a channel to ``host:port``. It connects when first used, and again whenever the connection is lost."""
    options: list[tuple[str, int | str]] = [
        ("grpc.keepalive_time_ms", KEEPALIVE_TIME_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", RECONNECT_BACKOFF_MS_MAX),
        ("grpc.enable_retries", 1),
        ("grpc.service_config", config),
        # Channels to one address would otherwise share a connection, and so each other's backoff.
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if tls is None:
        return grpc.insecure_channel(address, options=options)
    credentials = grpc.ssl_channel_credentials(tls.root_certificates, tls.private_key, tls.certificate_chain)
    return grpc.secure_channel(address, credentials, options=options)
