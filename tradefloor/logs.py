"""Log lines: structlog renders ours and those of the libraries, each with the correlation id it belongs to."""

import logging
import sys

import structlog
import trio
from structlog.typing import EventDict, WrappedLogger

from supervisor import correlation_id

QUIET_LIBRARIES = ("hypercorn.access", "grpc", "quart.app", "quart.serving", "httpx", "httpcore")


def configure_logging(log_format: str, log_level: str) -> None:
    """Send every log line to standard error, as `json` or for a `console`, from a level on."""
    renderer: structlog.typing.Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        add_correlation_id,
        add_actor,
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, show_controls, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level.upper())
    for name in QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def show_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Let a message be one line: a path that somebody asks for may hold line ends, and what terminals obey."""
    text = str(event["event"])
    if not text.isprintable():
        event["event"] = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    return event


def add_correlation_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the correlation id of the request at hand, where there is one."""
    current = correlation_id.get()
    if current is not None:
        event["correlation_id"] = current
    return event


def add_actor(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the path of the actor whose handler or task speaks, where it is one."""
    if trio.lowlevel.in_trio_task():
        name = trio.lowlevel.current_task().name
        if name.startswith("/"):
            event["actor"] = name.partition(" ")[0]
    return event
