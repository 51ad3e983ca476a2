"""Ctrl-C and its kin, for commands that end in good order."""

import signal

import trio


async def await_signals(stopping: trio.Event, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Set an event at the first SIGINT or SIGTERM, and exit with 1 at a second one."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            if stopping.is_set():
                raise SystemExit(1)
            stopping.set()
