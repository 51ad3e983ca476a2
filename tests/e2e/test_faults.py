"""What the floor needs goes away and comes back: the services, the lock on the database, the disk.

Each fault ends in a wait or in a clear refusal, and nobody has to restart the floor afterwards.
"""

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.metering import LEASE_CALLS_MAX
from persistence.sqlite import BUSY_TIMEOUT_MS, Connection, connect_reader, connect_writer
from tests.conformance.grpc_reflection import ReflectedService
from tests.e2e.program import Api, Program, eventually, limit_files, running, signed_in, verify
from tests.e2e.services import ServicesProcess, services
from tests.e2e.trading import (
    buy,
    can_trade,
    check_refusal,
    is_ready,
    new_agent,
    order,
    says_grpc_is_away,
    trades,
    usage_is,
)

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

STOP_S_MAX: Final = 5.0
HANG_S_MAX: Final = 4.0
"""The deadline of a call, and time to spare."""
AGENTS: Final = 4
KILLS: Final = 2
DISK_BYTES: Final = 16_000_000


async def test_services_stop_and_come_back(tmp_path: Path) -> None:
    """Trades go on from the lease, then get 503; approvals wait locally; all of it arrives once they are back."""
    with services(tmp_path) as processes, running(tmp_path, "--no-demo", env=processes.addresses) as program:
        async with signed_in(program.url) as api:
            agent_id = await new_agent(api, oversightThreshold=20_000)
            await buy(api, agent_id)
            assert processes.stop() == 0
            await eventually(lambda: says_grpc_is_away(api))
            approved, waiting = [await buy(api, agent_id, "TSLA", 200) for _ in range(2)]
            await api.made(f"/oversight/requests/{approved['approvalRequestId']}/approve", {})
            submitted = 3 + await trade_until_refused(api, agent_id)
            assert submitted == LEASE_CALLS_MAX
            assert (await api.get(f"/agents/{agent_id}/trades/{approved['tradeId']}"))["status"] == "completed"

            processes.start_again()
            await eventually(lambda: is_ready(api))
            await eventually(lambda: can_trade(api, agent_id))
            with processes.clients() as (metering, oversight):
                await eventually(lambda: usage_is(metering, agent_id, submitted + 1, executed=submitted))
                await eventually(lambda: stands(oversight, approved, "APPROVED"))
                await eventually(lambda: stands(oversight, waiting, "PENDING"))
        assert program.stop() == 0
    verify(tmp_path / "floor.db")


async def test_services_are_killed_under_load(tmp_path: Path) -> None:
    """Whatever batch was on its way, each trade is metered exactly once."""
    with services(tmp_path) as processes, running(tmp_path, "--no-demo", env=processes.addresses) as program:
        async with signed_in(program.url) as api:
            agents = [await new_agent(api) for _ in range(AGENTS)]
            done: dict[str, int] = {}
            enough = trio.Event()
            async with trio.open_nursery() as nursery:
                for agent_id in agents:
                    nursery.start_soon(trade_on, api, agent_id, enough, done)
                for _ in range(KILLS):
                    batches = processes.calls("IngestEvents")
                    await eventually(lambda: has_more(processes, batches))  # noqa: B023 -- awaited here
                    processes.kill()
                    await trio.to_thread.run_sync(processes.start_again)
                enough.set()
            assert min(done.values()) > 0
            with processes.clients() as (metering, _):
                for agent_id, count in done.items():
                    await eventually(lambda: usage_is(metering, agent_id, count))  # noqa: B023 -- as above
            assert program.stop() == 0
    verify(tmp_path / "floor.db")


async def test_services_hang(tmp_path: Path) -> None:
    """Calls end at their deadline; a batch that was taken all the same, and sent again, counts once."""
    with services(tmp_path) as processes, running(tmp_path, "--no-demo", env=processes.addresses) as program:
        async with signed_in(program.url) as api:
            agent_id, without_lease = [await new_agent(api) for _ in range(2)]
            await buy(api, agent_id)
            with processes.clients() as (metering, _):
                await eventually(lambda: usage_is(metering, agent_id, 1))
            with processes.frozen():
                await buy(api, agent_id)
                with trio.fail_after(HANG_S_MAX):
                    check_refusal(await order(api, without_lease), "metering is unavailable")
                await eventually(lambda: says_grpc_is_away(api))
            await eventually(lambda: is_ready(api))
            await eventually(lambda: can_trade(api, without_lease))
            with processes.clients() as (metering, _):
                await eventually(lambda: usage_is(metering, agent_id, 2))
            with processes.frozen():
                began_s = trio.current_time()
                assert program.stop() == 0
                assert trio.current_time() - began_s < STOP_S_MAX


async def test_the_floor_stops_at_once_without_its_services(tmp_path: Path) -> None:
    """Usage that could not leave waits in the database, and leaves after the next start, once."""
    with services(tmp_path) as processes:
        with running(tmp_path, "--no-demo", env=processes.addresses) as program:
            async with signed_in(program.url) as api:
                agent_id = await new_agent(api)
                await buy(api, agent_id)
                processes.kill()
                await buy(api, agent_id)
                await eventually(lambda: says_grpc_is_away(api))
                assert (await api.client.get(f"/api/v1/metering/agents/{agent_id}/usage")).status_code == 503
            began_s = trio.current_time()
            assert program.stop() == 0
            assert trio.current_time() - began_s < STOP_S_MAX
        with running(tmp_path, "--no-demo", env=processes.addresses) as program:
            processes.start_again()
            with processes.clients() as (metering, _):
                await eventually(lambda: usage_is(metering, agent_id, 2))
            assert program.stop() == 0


async def test_others_hold_the_database(tmp_path: Path) -> None:
    """A reader is no obstacle; a writer delays trades or has them refused, and harms nothing."""
    with running(tmp_path, "--no-demo") as program:
        async with signed_in(program.url) as api:
            agent_id = await new_agent(api)
            reader = connect_reader(tmp_path / "floor.db")
            reader.execute("BEGIN")
            seen = count_events(reader)
            for _ in range(10):
                await buy(api, agent_id)
            assert count_events(reader) == seen
            reader.close()

            writer = connect_writer(tmp_path / "floor.db")
            writer.execute("BEGIN IMMEDIATE")
            refused = await order(api, agent_id, key="under-lock")
            check_refusal(refused, "database is locked")
            assert (await api.client.get("/health/ready")).status_code == 200
            assert len(await trades(api, agent_id)) == 10
            await api.get(f"/agents/{agent_id}/portfolio")
            assert await status_where_a_lock_goes(api, agent_id, writer, "delayed") in {200, 503}
            for key in ("under-lock", "delayed"):
                assert (await order(api, agent_id, key=key)).status_code == 200
            assert len(await trades(api, agent_id)) == 12
        assert program.stop() == 0
    verify(tmp_path / "floor.db")


async def status_where_a_lock_goes(api: Api, agent_id: str, writer: Connection, key: str) -> int:
    """Order under another writer's lock, let go of that, and return the status of what is answered.

    The order waits for the lock as long as the floor's statements do; it may be refused where this process was held up
    for that long, and only there.
    """
    statuses = list[int]()

    async def send() -> None:
        statuses.append((await order(api, agent_id, key=key)).status_code)

    sent_s = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        await wait_all_tasks_blocked()
        writer.execute("ROLLBACK")
        held_s = trio.current_time() - sent_s
    writer.close()
    assert statuses == [200] or held_s > BUSY_TIMEOUT_MS / 1_000
    return statuses[0]


async def test_the_disk_is_full(tmp_path: Path) -> None:
    """A real file system without a free byte, the embedded services' files on it too."""
    with small_disk(tmp_path / "disk") as disk, running(tmp_path, "--no-demo", *database(disk)) as program:
        ballast = disk / "ballast"
        await check_no_space(program, lambda: fill(ballast), ballast.unlink, "database or disk is full")
        assert program.stop() == 0
        verify(disk / "floor.db")


async def test_files_may_not_grow(tmp_path: Path) -> None:
    """The limit on a file's size, which takes no privilege to set, ends the same way."""
    with running(tmp_path, "--no-demo") as program:
        log = tmp_path / "floor.db-wal"
        await check_no_space(
            program,
            lambda: limit_files(program, log.stat().st_size),
            lambda: limit_files(program, resource.RLIM_INFINITY),
            "disk I/O error",
        )
        assert program.stop() == 0
    verify(tmp_path / "floor.db")


async def check_no_space(
    program: Program, take_space: Callable[[], None], give_back: Callable[[], None], reason: str
) -> None:
    """Trades are refused while there is no space, reads go on, and trades go on once there is some."""
    async with signed_in(program.url) as api:
        agent_id = await new_agent(api)
        answered = {(await buy(api, agent_id))["tradeId"] for _ in range(3)}
        take_space()
        response = await order(api, agent_id, key="no-space")
        while response.status_code == 200:
            answered.add(response.json()["tradeId"])
            response = await order(api, agent_id)
        check_refusal(response, reason)
        assert await trades(api, agent_id) == answered
        assert (await api.get(f"/agents/{agent_id}/portfolio"))["portfolio"]["cash"] < 100_000
        assert (await api.client.get("/health/live")).status_code == 200
        give_back()
        await eventually(lambda: can_trade(api, agent_id))
        assert len(await trades(api, agent_id)) == len(answered) + 1


async def trade_until_refused(api: Api, agent_id: str) -> int:
    """Trade until the lease is used up, check the refusal, and return how many trades there were."""
    for count in range(LEASE_CALLS_MAX + 1):
        response = await order(api, agent_id)
        if response.status_code != 200:
            check_refusal(response, "metering is unavailable")
            return count
    raise AssertionError("the lease was never used up")


async def has_more(processes: ServicesProcess, batches: int) -> bool:
    """Say whether another batch of usage has come in, so that more are on their way."""
    await trio.lowlevel.checkpoint()
    return processes.calls("IngestEvents") > batches


async def stands(oversight: ReflectedService, trade: dict[str, Any], status: str) -> bool:
    """Say whether the service shows the approval of a trade in this status."""
    await trio.lowlevel.checkpoint()
    try:
        answer = oversight.call("GetRequestStatus", request_id=trade["approvalRequestId"])
    except grpc.RpcError:
        return False
    return bool(answer["status"] == f"REQUEST_STATUS_{status}")


async def trade_on(api: Api, agent_id: str, enough: trio.Event, done: dict[str, int]) -> None:
    """Trade until it is enough, and note how many trades there were. Meanwhile the lease may be used up."""
    done[agent_id] = 0
    while not enough.is_set():
        response = await order(api, agent_id)
        if response.status_code == 200:
            done[agent_id] += 1
        else:
            check_refusal(response, "metering is unavailable")


def count_events(connection: Any) -> int:
    """Return how many events a connection sees."""
    return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system of a few megabytes, where that is allowed."""
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mount.returncode != 0:
        pytest.skip(f"a full disk needs the right to mount one: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def database(folder: Path) -> tuple[str, str]:
    """Return the flags that put the database there."""
    return "--database-path", str(folder / "floor.db")


def fill(ballast: Path) -> None:
    """Leave no free byte on a file's disk."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            return
