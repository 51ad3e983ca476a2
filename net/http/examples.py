"""Examples for the reference: values that look like real ones, from the names and schemas of fields."""

from collections.abc import Mapping
from typing import Any, Final

BY_NAME: Final[Mapping[str, Any]] = {
    "agent_id": "agt_2c9f4e1ab07d",
    "agentId": "agt_2c9f4e1ab07d",
    "trade_id": "trd_71b0a2d94c55",
    "tradeId": "trd_71b0a2d94c55",
    "request_id": "ovr_0be7d14f9a21",
    "requestId": "ovr_0be7d14f9a21",
    "approvalRequestId": None,
    "user_id": "usr_9d3e5b0c7f18",
    "userId": "usr_9d3e5b0c7f18",
    "simulation_id": "sim_4d1f0c83be27",
    "simulationId": "sim_4d1f0c83be27",
    "scenario": "quickstart",
    "key_id": "kid_4a6f0e2d8b93",
    "keyId": "kid_4a6f0e2d8b93",
    "key": "key_kq3w2Xv9Tz0bL4nR8sYd1FhJ6mPcUeAg",
    "hint": "UeAg",
    "symbol": "AAPL",
    "eventSeq": "4",
    "email": "demo@example.com",
    "name": "Growth desk",
    "clientOrderId": "order-0001",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c3JfOSJ9.c2lnbmF0dXJl",
    "refreshToken": "ses_8c1d0f5e7a92.b3BhcXVl",
    "period": "2026-01",
    "timezone": "America/New_York",
    "start": "09:30",
    "end": "16:00",
    "nextCursor": None,
    "failureReason": None,
    "limitPrice": None,
    "stopPrice": None,
}

BY_TYPE: Final[Mapping[str, Any]] = {"string": "text", "integer": 10, "number": 150.25, "boolean": False, "null": None}


def example_of(name: str, schema: Mapping[str, Any] | None = None, known: Mapping[str, Any] | None = None) -> Any:
    """Return an example for a field by its name, or else by its schema; `known` are the schemas referred to."""
    if name in BY_NAME:
        return BY_NAME[name]
    schema, known = schema or {"type": "string"}, known or {}
    if "$ref" in schema or "anyOf" in schema:
        referred = known[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema["anyOf"][0]
        return example_of(name, referred, known)
    if schema.get("type") == "array":
        return [example_of(name, schema["items"], known)]
    if schema.get("type") == "object":
        return {key: example_of(key, part, known) for key, part in schema.get("properties", {}).items()}
    return _scalar(schema)


def _scalar(schema: Mapping[str, Any]) -> Any:
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "date-time":
        return "2026-01-31T09:30:00.000000Z"
    return BY_TYPE.get(schema.get("type", ""), {})
