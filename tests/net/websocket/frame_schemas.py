"""Validates frames against the AsyncAPI document, more strictly than clients have to: nothing undocumented either."""

from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft7Validator

from net.websocket.asyncapi import document

DOCUMENT: Final = document("1.2.3")


def _closed(schema: Any) -> Any:
    """Return a schema whose objects have no other properties than those that it names."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    return {"additionalProperties": False, **closed} if isinstance(schema.get("properties"), dict) else closed


_COMPONENTS: Final[Mapping[str, Any]] = {
    "schemas": {
        # A condition speaks of some properties only; those of orders are the client's.
        name: schema if "allOf" in schema else _closed(schema)
        for name, schema in DOCUMENT["components"]["schemas"].items()
    }
}
_VALIDATORS: Final = {
    name: Draft7Validator({"allOf": [_closed(message["payload"])], "components": _COMPONENTS})
    for name, message in DOCUMENT["components"]["messages"].items()
}


def validate(name: str, frame: Any) -> None:
    """Check a frame against the message of this name. Raises jsonschema's ValidationError."""
    _VALIDATORS[name].validate(frame)
