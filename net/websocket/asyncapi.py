"""The AsyncAPI 3.0 document of `/ws`, generated from the classes that parse and render its frames."""

from collections.abc import Mapping
from typing import Any, Final

from net.http.examples import example_of
from net.http.openapi import PROBLEM, request_example
from net.websocket.closing import CLOSINGS
from net.websocket.limits import DEFAULT_LIMITS
from net.websocket.messages import ANSWERS, ERROR, LAGGED, AnswerMessage, EventMessage, LaggedShape
from net.websocket.protocol import ACTIONS
from net.websocket.render import EVENT_SHAPES
from net.wire.converter import camel
from net.wire.schemas import REFERENCE, Schema, Schemas
from net.wire.structure import Object, fields_of

_CHANNEL: Final[Schema] = {"$ref": "#/channels/socket"}
_CORRELATED: Final[Schema] = {"correlationId": {"location": "$message.payload#/id"}}
_SENT: Final[Mapping[str, type[Any]]] = {**EVENT_SHAPES, LAGGED: LaggedShape}

_ABOUT: Final = (
    f"JSON text frames of at most {DEFAULT_LIMITS.frame_bytes_max:,} bytes. Authenticate within "
    f"{DEFAULT_LIMITS.authenticate_s:.0f} s, or with an Authorization header of the upgrade. Then "
    f"{DEFAULT_LIMITS.frames_per_minute:,} frames a minute in bursts of {DEFAULT_LIMITS.frames_burst:,}, and "
    f"{DEFAULT_LIMITS.trades_per_minute:,} trades a minute in bursts of {DEFAULT_LIMITS.trades_burst:,}; over all of a "
    "user's sockets together no more than RATE_LIMIT_USER_MAX and one burst. "
    "Whoever subscribes with after gets the events that they missed first, without gap or repeat."
)


def document(version: str) -> dict[str, Any]:
    """Return the document, for a version of the program."""
    schemas = Schemas()
    messages = {**_actions(schemas), **_answers(schemas), **_events(schemas)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tradefloor socket",
            "version": version,
            "description": "What happens on the floor, as it is committed; and trades from programs.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "floor": {
                "host": "{address}",
                "protocol": "ws",
                "variables": {"address": {"default": "localhost:3000", "description": "Host and port of the floor."}},
                "security": [{"$ref": "#/components/securitySchemes/bearer"}],
            }
        },
        "channels": {"socket": _channel(messages)},
        "operations": {**_served(), **_sent()},
        "components": {
            "schemas": {**schemas.collected, "Problem": PROBLEM},
            "messages": messages,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A person's token or an agent's key, instead of the frame authenticate.",
                }
            },
        },
    }


def _channel(messages: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "address": "/ws",
        "title": "The floor's socket",
        "description": _ABOUT,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {"type": "object", "properties": {"Authorization": {"type": "string"}}},
                "bindingVersion": "0.1.0",
            }
        },
        "x-closeCodes": [{"code": closing.code, "reason": closing.reason} for closing in CLOSINGS],
    }


def _actions(schemas: Schemas) -> dict[str, Any]:
    """Return the messages of clients."""
    messages = {}
    for action, cls in ACTIONS.items():
        payload = schemas.request(cls)
        schema = schemas.collected[cls.__name__]
        schemas.collected[cls.__name__] = {
            **schema,
            "properties": {"action": {"const": action}, **schema["properties"]},
            "required": ["action", *schema.get("required", ())],
        }
        example = {"action": action, **_example(cls)}
        messages[action] = _message(action, schema["description"], payload, example) | _CORRELATED
    return messages


def _example(cls: type[Any]) -> dict[str, Any]:
    """Return an example of a client's frame: what has to be given, an id, and what the class has examples of."""
    example = {}
    for field in fields_of(cls):
        if isinstance(field.rule, Object):
            example[field.alias] = request_example(field.rule.cls)
        elif field.required or field.doc.example is not None or field.alias == "id":
            example[field.alias] = field.doc.example or example_of(field.alias)
    return example


def _answers(schemas: Schemas) -> dict[str, Any]:
    """Return the messages that answer those of clients."""
    kinds = {kind: schemas.answer(shape) for kind, shape in ANSWERS.values()}
    kinds[ERROR] = {"$ref": f"{REFERENCE}Problem"}
    return {kind: _enveloped(AnswerMessage, kind, data, schemas) | _CORRELATED for kind, data in kinds.items()}


def _events(schemas: Schemas) -> dict[str, Any]:
    """Return the messages that the server sends by itself."""
    return {kind: _enveloped(EventMessage, kind, schemas.answer(shape), schemas) for kind, shape in _SENT.items()}


def _enveloped(envelope: type[Any], kind: str, data: Schema, schemas: Schemas) -> dict[str, Any]:
    """Return a message of the server: the envelope, with the type and the data of its kind."""
    own = Schemas()
    own.answer(envelope)
    schema = own.collected[envelope.__name__]
    payload = {**schema, "properties": {**schema["properties"], "type": {"const": kind}, "data": data}}
    known = {**schemas.collected, "Problem": PROBLEM}
    example = example_of("", payload, known) | {"type": kind}
    summary = known[data["$ref"].removeprefix(REFERENCE)]["description"]
    return _message(kind, summary, payload, example)


def _message(name: str, summary: str, payload: Schema, example: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "summary": summary,
        "payload": payload,
        "examples": [{"payload": example}],
    }


def _served() -> dict[str, Any]:
    """Return the operations that clients ask for, each with its answers."""
    return {
        _operation_id(action): _operation("receive", action)
        | {"reply": {"channel": _CHANNEL, "messages": [_told(kind), _told(ERROR)]}}
        for action, (kind, _shape) in ANSWERS.items()
    }


def _sent() -> dict[str, Any]:
    """Return the operations that the server begins."""
    return {_operation_id(f"send_{kind}"): _operation("send", kind) for kind in _SENT}


def _operation(direction: str, message: str) -> dict[str, Any]:
    return {"action": direction, "channel": _CHANNEL, "messages": [_told(message)]}


def _told(message: str) -> Schema:
    return {"$ref": f"{_CHANNEL['$ref']}/messages/{message}"}


def _operation_id(name: str) -> str:
    return camel(name.replace(".", "_"))
