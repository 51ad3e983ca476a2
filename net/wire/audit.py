"""The audit on the wire: events in their places, with the hash that binds each to all before it."""

from typing import Any

from attrs import frozen

from actors.ports.history import AuditEntry
from net.wire.events import event_json
from net.wire.shapes import EventShape


@frozen
class AuditShape(EventShape):
    """An event that the audit shows. `hash` covers the event and the hash before it, hexadecimal."""

    hash: str


def audit_json(entry: AuditEntry) -> dict[str, Any]:
    """Show an entry of the audit."""
    return event_json(entry.recorded) | {"hash": entry.hash.hex()}
