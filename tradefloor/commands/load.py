"""`tradefloor load`: ask a running floor so much a second, and say how it bore it."""

import ipaddress
import json
import socket
from typing import Final
from urllib.parse import urlsplit

import click
import trio
from rich.console import Console

from simulations.load.http import parse_target
from simulations.load.live import show
from simulations.load.plan import AGENTS_MAX, Plan, PlanError, parse_mix
from simulations.load.refusal import LoadRefused, refusing_plainly
from simulations.load.report import as_document, print_report
from simulations.load.run import CONNECTIONS, TIMEOUT_S, Load, LoadReport, Progress, run_load
from tradefloor.demo import DEMO_EMAIL, DEMO_PASSWORD
from tradefloor.numbers import FiniteRange
from tradefloor.stopping import stop_signals
from tradefloor.surroundings import SystemClock, entropy

PASSWORD_BYTES: Final = 24
AT_ONCE: Final = "Ended at once, without a report; the agents that were made for the load are still there."


@click.command()
@click.argument("url")
@click.option("--agents", type=click.IntRange(1, AGENTS_MAX), default=500, show_default=True, help="Agents that trade.")
@click.option("--rate", type=FiniteRange(0, min_open=True), default=100.0, show_default=True, help="Requests/s.")
@click.option(
    "--duration", type=FiniteRange(0, min_open=True), default=60.0, show_default=True, help="For how long, s."
)
@click.option(
    "--mix",
    default="trades=6,reads=3,sockets=1",
    show_default=True,
    help="Weights: trades and reads over HTTP, trades over sockets.",
)
@click.option(
    "--sockets", type=click.IntRange(0, 1_000), default=10, show_default=True, help="Sockets that hear the trades."
)
@click.option(
    "--connections", type=click.IntRange(1, 1_000), default=CONNECTIONS, show_default=True, help="HTTP at most."
)
@click.option(
    "--timeout", type=FiniteRange(0, min_open=True), default=TIMEOUT_S, show_default=True, help="Patience, s."
)
@click.option("--email", default=DEMO_EMAIL, show_default=True, envvar="LOAD_EMAIL", show_envvar=True, help="As whom.")
@click.option(
    "--password", default=DEMO_PASSWORD, envvar="LOAD_PASSWORD", show_envvar=True, help="Default: the demo's."
)
@click.option("--i-own-this-host", is_flag=True, help="Load a floor on another machine, which you answer for.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, with every second.")
def load(
    url: str,
    agents: int,
    rate: float,
    duration: float,
    mix: str,
    sockets: int,
    connections: int,
    timeout: float,
    email: str,
    password: str,
    *,
    i_own_this_host: bool,
    as_json: bool,
) -> None:
    """Load the floor at URL: requests go out when they are due, however slowly the ones before are answered.

    Agents of its own are made for it and deleted afterwards. Ctrl-C ends it with a report of what there is; a second
    one at once. Exits with 1 when anything went wrong.
    """
    console = Console()
    try:
        target = parse_target(url)
        if not i_own_this_host:
            _require_loopback(target)
        plan = Plan(agents=agents, rate=rate, seconds=duration, weights=parse_mix(mix), sockets=sockets)
        work = Load(
            url=target,
            plan=plan,
            email=email,
            password=password,
            now_us=SystemClock().now_us,
            new_password=lambda: entropy(PASSWORD_BYTES).hex(),
            connections=connections,
            timeout_s=timeout,
        )
        with refusing_plainly():
            report = trio.run(_run, work, console if console.is_terminal and not as_json else None)
    except (LoadRefused, PlanError) as refusal:
        raise click.ClickException(str(refusal)) from refusal
    if as_json:
        click.echo(json.dumps(as_document(report), indent=2))
    else:
        print_report(report, console)
    if report.tally.errors or report.left_behind is not None:
        raise SystemExit(1)


async def _run(work: Load, console: Console | None) -> LoadReport:
    async def watch(progress: Progress) -> None:
        if console is not None:
            await show(progress, work.plan, console)

    with stop_signals(None, AT_ONCE) as stopping:
        return await run_load(work, stopping, Progress(), watch)


def _require_loopback(url: str) -> None:
    """Raise LoadRefused for a host that is not this machine: who is loaded has to have agreed to it."""
    host = urlsplit(url).hostname or ""
    try:
        found = {str(address[4][0]) for address in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise LoadRefused(f"there is no host {host} ({error.strerror})") from error
    if not all(ipaddress.ip_address(address).is_loopback for address in found):
        raise LoadRefused(f"{host} is not this machine; load it only if it is yours, with --i-own-this-host")
