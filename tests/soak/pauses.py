"""Waiting in a soak, which unlike a test has real time to pass."""

import trio


async def pause(seconds: float) -> None:
    """Let time pass."""
    with trio.move_on_after(seconds):
        await trio.sleep_forever()
