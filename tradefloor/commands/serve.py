"""`tradefloor serve`: the whole floor in one process, until it is told to stop."""

import sys
from typing import TYPE_CHECKING, Any, Final

import click
import trio

from actors.errors import JournalUnavailable
from actors.ports.metering import MeteringUnavailable
from actors.ports.oversight import OversightUnavailable
from actors.ports.people import People
from actors.services import Services
from net.auth.passwords import Passwords
from net.grpc.server import ListenError
from persistence.files import FloorInUse
from persistence.sqlite import has_wal_reset_bug, sqlite_version
from tradefloor import version
from tradefloor.demo import DEMO_EMAIL, DEMO_PASSWORD, seed_demo_agents, seed_demo_user
from tradefloor.diagnosis import Grade, clock_finding, words_of
from tradefloor.edge import nothing_first, open_edge
from tradefloor.floor import Floor
from tradefloor.logs import configure_logging
from tradefloor.observing import tracing_wanted
from tradefloor.settings import Settings, load_settings, settings_options, stray_variables
from tradefloor.stopping import say, stop_signals
from tradefloor.surroundings import settle_memory

if TYPE_CHECKING:
    from tradefloor.tracing import Tracing

UNAVAILABLE: Final = (JournalUnavailable, MeteringUnavailable, OversightUnavailable)
"""What a file of the floor, or of its embedded services, that cannot be opened raises."""


@click.command()
@settings_options
@click.option("--demo/--no-demo", default=True, show_default=True, help="In development, start with six demo agents.")
def serve(*, demo: bool, **values: Any) -> None:
    """Run the floor: agents, market, HTTP and WebSocket, with the gRPC services embedded unless told where they are."""
    settings = load_settings(values)
    configure_logging(settings.log_format, settings.log_level)
    for name in stray_variables():
        click.echo(f"The environment variable {name} is no setting; see: tradefloor serve --help", err=True)
    tracing = tracing_wanted()
    try:
        trio.run(run, settings, demo and settings.is_development, tracing)
    except (Exception, BaseExceptionGroup) as error:
        cause = obstacle(error)
        if cause is None:
            raise
        raise click.ClickException(explain(cause, settings)) from cause


def obstacle(error: BaseException) -> Exception | None:
    """Return the first thing in the way of a start that its user can mend, None where something else went wrong too."""
    group = error if isinstance(error, BaseExceptionGroup) else BaseExceptionGroup("", [error])
    known, others = group.split((FloorInUse, ListenError, OSError, *UNAVAILABLE))
    if known is None or others is not None:
        return None
    first: BaseException = known
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, Exception) else None


def explain(cause: Exception, settings: Settings) -> str:
    """Say in one line what is in the way, and what to do about it."""
    if isinstance(cause, UNAVAILABLE):
        return f"{cause}; tradefloor doctor says more"
    if not isinstance(cause, OSError):
        return str(cause)
    if cause.filename is None:
        return (
            f"cannot listen on {settings.host}:{settings.port} ({words_of(cause)}); set PORT or HOST, or stop the other"
        )
    return f"cannot use {cause.filename} ({cause.strerror}); set DATABASE_PATH to a file in a folder you may write"


async def run(settings: Settings, demo: bool, tracing: "Tracing | None" = None) -> None:
    """Serve until SIGINT or SIGTERM; a second one, or the limit of a stop, ends the program at once."""
    with stop_signals(settings.stop_timeout) as stopping:
        seed = seed_demo_user if settings.is_development else nothing_first

        async def first(floor: Floor, people: People, passwords: Passwords) -> None:
            await seed(floor, people, passwords)
            settle_memory()  # A quarter of a second, during which nobody may wait for an answer yet.

        async with open_edge(settings, first, tracing) as edge:
            announce(settings, edge.url, demo=demo)
            wrong_clock = await clock_warning(edge.floor.services)
            if wrong_clock is not None:
                say(wrong_clock)
            if demo:
                await seed_demo_agents(edge.floor, edge.people)
            await stopping.wait()
            began_s = trio.current_time()
            say(
                f"Stopping within {settings.stop_timeout:g} s: no new connections, {edge.hub.statistics().sockets} "
                "sockets are told, requests and commits in progress finish first. Ctrl-C again stops at once."
            )
            await edge.close()
            say("The edge is closed; agents, market and journal stop.")
        say(f"Stopped in {trio.current_time() - began_s:.1f} s.")


async def clock_warning(services: Services) -> str | None:
    """Say what is wrong with the clock where the log is ahead of it: approvals wait longer, and months do not begin."""
    last = await services.history.events(None, services.views.last_seq - 1, 1)
    now_us = services.clock.now_us()
    finding = clock_finding(now_us, last[0].at_us if last else None, is_synchronised=None)
    return None if finding.grade is Grade.OK else f"Warning: {finding.text}; {finding.mend}."


def announce(settings: Settings, url: str, *, demo: bool) -> None:
    """Print where the floor is and how to sign in."""
    lines = [f"Tradefloor {version()} is open at {url}"]
    if settings.is_development:
        lines.append(f"Sign in as {DEMO_EMAIL} with the password {DEMO_PASSWORD} (development only).")
    if demo:
        lines.append("Six demo agents trade by themselves; --no-demo starts without them.")
    if has_wal_reset_bug():
        lines.append("This SQLite may lose its log when two programs write; install pysqlite3 0.6 or newer.")
    lines.append(f"The data is in {settings.data_folder.resolve()} (SQLite {sqlite_version()}). Ctrl-C stops.")
    click.echo("\n".join(lines))
    sys.stdout.flush()
