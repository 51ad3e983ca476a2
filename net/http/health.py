"""Probes: whether the program runs, and whether it can do its work."""

import trio

from net.edge import Check
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.wire.scalars import format_timestamp
from net.wire.shapes import HealthShape

CHECK_SECONDS_MAX = 2.0
OK = "ok"
UNAVAILABLE = "unavailable"

routes = Routes("Health")


@routes.add("GET", "/health/live", role=None, answer=HealthShape)
async def live(call: Call) -> Reply:
    """Say that the program runs."""
    return Reply({"status": OK, "checks": {}, "timestamp": format_timestamp(call.edge.clock.now_us())})


@routes.add("GET", "/health/ready", role=None, answer=HealthShape)
async def ready(call: Call) -> Reply:
    """Say whether the program can do its work; 503 where it cannot, naming what is wrong."""
    checks = dict.fromkeys(call.edge.checks, UNAVAILABLE)

    async def run(name: str, check: Check) -> None:
        try:
            with trio.fail_after(CHECK_SECONDS_MAX):
                await check()
        except trio.TooSlowError:
            checks[name] = f"no answer within {CHECK_SECONDS_MAX:.0f} s"
        except Exception as error:  # noqa: BLE001 - whatever is wrong is what is to be said
            checks[name] = str(error) or type(error).__name__
        else:
            checks[name] = OK

    async with trio.open_nursery() as nursery:
        for name, check in call.edge.checks.items():
            nursery.start_soon(run, name, check)
    well = all(state == OK for state in checks.values())
    document = {
        "status": OK if well else UNAVAILABLE,
        "checks": checks,
        "timestamp": format_timestamp(call.edge.clock.now_us()),
    }
    return Reply(document, 200 if well else 503)
