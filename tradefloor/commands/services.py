"""`tradefloor services`: metering and oversight alone, for floors that run elsewhere."""

import signal
import sys
import threading
from pathlib import Path

import click

from actors.ports.metering import MeteringUnavailable
from actors.ports.oversight import OversightUnavailable
from net.grpc.embedded import serve_both
from net.grpc.server import ListenError
from persistence.files import FloorInUse
from persistence.services.metering_store import SqliteMeteringStore
from persistence.services.oversight_store import SqliteOversightStore
from tradefloor.logs import configure_logging
from tradefloor.observing import tracing_wanted
from tradefloor.places import service_files
from tradefloor.settings import FILE, chosen_options
from tradefloor.surroundings import SystemClock
from tradefloor.tls import server_tls

METERING_PORT = 50_051
OVERSIGHT_PORT = 50_052


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, envvar="HOST", show_envvar=True, help="Address to listen on."
)
@click.option(
    "--metering-port",
    type=click.IntRange(0, 65_535),
    default=METERING_PORT,
    show_default=True,
    help="Port of the metering service; 0 takes a free one.",
)
@click.option(
    "--oversight-port",
    type=click.IntRange(0, 65_535),
    default=OVERSIGHT_PORT,
    show_default=True,
    help="Port of the oversight service; 0 takes a free one.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data"),
    show_default=True,
    help="Folder of the two services' databases.",
)
@click.option(
    "--tls-cert",
    type=FILE,
    envvar="GRPC_TLS_CERT",
    show_envvar=True,
    help="The services' certificate (PEM); unset: no TLS.",
)
@click.option(
    "--tls-key",
    type=FILE,
    envvar="GRPC_TLS_KEY",
    show_envvar=True,
    help="The private key of that certificate (PEM).",
)
@click.option(
    "--tls-ca",
    type=FILE,
    envvar="GRPC_TLS_CA",
    show_envvar=True,
    help="Certificates (PEM) by which each client must be known.",
)
@chosen_options("oversight_auto_approve_below", "log_format", "log_level")
def services(
    *,
    host: str,
    metering_port: int,
    oversight_port: int,
    data: Path,
    oversight_auto_approve_below: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
    log_format: str,
    log_level: str,
) -> None:
    """Run the metering and the oversight service until interrupted."""
    tls = server_tls(tls_ca, tls_cert, tls_key)
    configure_logging(log_format, log_level)
    tracing = tracing_wanted("tradefloor-services")
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise click.ClickException(f"cannot use {data} ({error.strerror}); choose another with --data") from error
    files = service_files(data)
    try:
        metering, oversight = SqliteMeteringStore(files["metering"]), SqliteOversightStore(files["oversight"])
    except FloorInUse as error:
        raise click.ClickException(
            f"{data} is in use; stop who uses it, or choose another folder with --data"
        ) from error
    except (MeteringUnavailable, OversightUnavailable) as error:
        raise click.ClickException(
            f"{error}; put a backup in its place, or choose another folder with --data"
        ) from error
    stopping = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda _signum, _frame: stopping.set())
    try:
        with serve_both(
            metering,
            oversight,
            SystemClock().now_us,
            auto_approve_below_micros=oversight_auto_approve_below,
            metering_address=f"{host}:{metering_port}",
            oversight_address=f"{host}:{oversight_port}",
            tls=tls,
            interceptors=() if tracing is None else (tracing.server_interceptor(),),
        ) as addresses:
            click.echo(f"metering   {addresses.metering}")
            click.echo(f"oversight  {addresses.oversight}")
            click.echo("Start a floor on them with METERING_GRPC_ADDRESS and OVERSIGHT_GRPC_ADDRESS; Ctrl-C stops.")
            sys.stdout.flush()
            stopping.wait()
    except ListenError as error:
        advice = "choose others with --host, --metering-port and --oversight-port, or stop who listens there"
        raise click.ClickException(f"{error}; {advice}") from error
    finally:
        metering.close()
        oversight.close()
