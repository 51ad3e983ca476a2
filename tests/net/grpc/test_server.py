"""The server around the services: health, reflection, TLS, its port."""

from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from actors.ports.metering import MeteringUnavailable, QuotaLimits
from net.grpc.channel import TlsClient
from net.grpc.embedded import serve_both, serve_metering
from net.grpc.metering_client import open_metering_client
from net.grpc.oversight_client import open_oversight_client
from net.grpc.server import ListenError, TlsServer
from persistence.services.metering_store import SqliteMeteringStore
from persistence.services.oversight_store import SqliteOversightStore
from tests.net.grpc.scripted import BRISK, HandClock

CERTIFICATES = Path(__file__).parent / "certificates"


def pem(name: str) -> bytes:
    """Return a certificate or key made for these tests."""
    return (CERTIFICATES / name).read_bytes()


ROOT = pem("ca.pem")
SERVER = TlsServer(pem("server.pem"), pem("server.key"))


def test_health_and_reflection_answer(clock: HandClock, metering_store: SqliteMeteringStore) -> None:
    """Any gRPC tool can ask whether the service serves, and which calls there are."""
    with serve_metering(metering_store, clock) as address, grpc.insecure_channel(address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for service in ("", "metering.MeteringService"):
            answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        question = reflection_pb2.ServerReflectionRequest(list_services="")
        (listing,) = reflection.ServerReflectionInfo(iter([question]), timeout=5)
        assert [service.name for service in listing.list_services_response.service] == [
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
            "metering.MeteringService",
        ]


async def test_both_services_serve_until_the_block_ends(
    clock: HandClock, metering_store: SqliteMeteringStore, oversight_store: SqliteOversightStore
) -> None:
    """Each at its own free port; the clients ask the health service."""
    with serve_both(metering_store, oversight_store, clock, auto_approve_below_micros=0) as addresses:
        assert addresses.metering != addresses.oversight
        async with (
            open_metering_client(addresses.metering, settings=BRISK) as metering,
            open_oversight_client(addresses.oversight, settings=BRISK) as oversight,
        ):
            assert await metering.is_serving()
            assert await oversight.is_serving()
        async with open_metering_client(addresses.oversight) as lost:
            assert not await lost.is_serving()


def test_a_port_in_use_is_an_error_that_names_it(clock: HandClock, metering_store: SqliteMeteringStore) -> None:
    """Two servers never share a port, as they would by default."""
    with (
        serve_metering(metering_store, clock) as address,
        pytest.raises(ListenError, match=address),
        serve_metering(metering_store, clock, address=address),
    ):
        raise AssertionError


async def test_tls(clock: HandClock, metering_store: SqliteMeteringStore) -> None:
    """Who trusts the server's root is answered, who speaks plainly is not."""
    with serve_metering(metering_store, clock, tls=SERVER) as address:
        async with open_metering_client(address, tls=TlsClient(ROOT)) as client:
            await client.initialize_quota("agt_1", QuotaLimits())
        async with open_metering_client(address, settings=BRISK) as client:
            with pytest.raises(MeteringUnavailable):
                await client.check_quota("agt_1")


async def test_tls_with_client_certificates(clock: HandClock, metering_store: SqliteMeteringStore) -> None:
    """A server that asks for a certificate turns away who shows none."""
    tls = TlsServer(SERVER.certificate_chain, SERVER.private_key, client_roots=ROOT)
    with serve_metering(metering_store, clock, tls=tls) as address:
        async with open_metering_client(address, tls=TlsClient(ROOT, pem("client.pem"), pem("client.key"))) as client:
            await client.initialize_quota("agt_1", QuotaLimits())
        async with open_metering_client(address, tls=TlsClient(ROOT), settings=BRISK) as client:
            with pytest.raises(MeteringUnavailable):
                await client.check_quota("agt_1")
