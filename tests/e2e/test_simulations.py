"""Simulations beside a real floor: what is left of them when the program is killed."""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.program import Api, eventually, running, signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

AT: Final = "/admin/v1/simulations"
RUN_S_MAX: Final = 120
"""A run leaves the processor to everybody else, so on a busy machine it takes long."""


async def shown(api: Api) -> list[dict[str, Any]]:
    """Return all simulations, the newest first."""
    answer = await api.client.get(AT)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_killed_program_shows_what_ran_as_interrupted(tmp_path: Path) -> None:
    """What waited runs after the next start, to its report."""
    with running(tmp_path, "--no-demo") as program:
        async with signed_in(program.url) as api:
            for days in (1_000, 0.1):
                body = {"scenario": "quickstart", "agents": 6, "days": days}
                assert (await api.client.post(AT, json=body)).status_code == 201

            async def has_begun() -> bool:
                return (await shown(api))[-1]["progress"] is not None

            await eventually(has_begun, RUN_S_MAX)
        program.kill()
    with running(tmp_path, "--no-demo") as program:
        async with signed_in(program.url) as api:

            async def is_done() -> bool:
                return bool((await shown(api))[0]["state"] == "completed")

            await eventually(is_done, RUN_S_MAX)
            short, long = await shown(api)
            assert (long["state"], long["figures"], long["reportUrl"]) == ("interrupted", None, None)
            assert "Start it again" in long["failure"]
            report = await api.client.get(short["reportUrl"], headers={"Authorization": ""})
            assert (report.status_code, report.text[:15]) == (200, "<!doctype html>")
        assert program.stop() == 0
