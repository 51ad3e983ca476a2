"""The OpenAPI 3.1 document, generated from the routes and from the classes that validate and render."""

import inspect
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from net.http.causes import causes_of
from net.http.dispatch import FORM, JSON
from net.http.examples import example_of
from net.http.limits import IDEMPOTENCY_KEY_PATTERN
from net.http.problems import MEDIA_TYPE, TYPE_BASE, Cause
from net.http.routing import PART, Route
from net.http.streams import NDJSON
from net.wire.converter import camel
from net.wire.schemas import Schema, Schemas
from net.wire.structure import fields_of

ID_SCHEMA: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_.\\-]{1,64}$"}

PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": [f"{TYPE_BASE}validation"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599, "examples": [400]},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "correlationId": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance", "correlationId"],
}


def _links(parameters: Mapping[str, str], *operations: str) -> dict[str, dict[str, Any]]:
    """Return links to operations whose parameters are fields of the answer."""
    values = {name: f"$response.body#/{field}" for name, field in parameters.items()}
    return {operation: {"operationId": operation, "parameters": values} for operation in operations}


LINKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "signIn": {
        "refresh": {"operationId": "refresh", "requestBody": {"refreshToken": "$response.body#/refreshToken"}},
    },
    "createAgent": _links(
        {"agentId": "agentId"},
        *(
            "getAgent",
            "changeAgent",
            "getPortfolio",
            "getPerformance",
            "getUsage",
            "putAlerts",
            "createKey",
            "listKeys",
        ),
        *("submitTrade", "listTrades", "listEvents", "resumeAgent", "pauseAgent", "stopAgent", "deleteAgent"),
    ),
    "submitTrade": {
        **_links({"agentId": "agentId", "tradeId": "tradeId"}, "getTrade", "cancelTrade"),
        **_links({"requestId": "approvalRequestId"}, "getRequest", "approve", "reject"),
    },
    "createKey": _links({"agentId": "agentId", "keyId": "keyId"}, "revokeKey"),
    "addUser": _links({"userId": "userId"}, "changeUser"),
    "startSimulation": _links({"simulationId": "simulationId"}, "getSimulation", "cancelSimulation"),
}
"""What an answer leads to, by operation."""

_HEADER: Final = "#/components/headers/"

_COMMAS: Final = {"style": "form", "explode": False}
"""A list in a query is one parameter with commas, not one that is repeated."""


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """Return the document that describes these routes."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(_path(route), {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tradefloor",
            "version": version,
            "description": "Autonomous portfolio agents on paper money, under usage quotas and human oversight.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": {**schemas.collected, "Problem": PROBLEM},
            "securitySchemes": {
                "user": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A person's token."},
                "agentKey": {"type": "http", "scheme": "bearer", "description": "The key of an agent's program."},
            },
            "headers": _HEADERS,
        },
    }


def operation_id(route: Route) -> str:
    """Return the name of an operation."""
    return camel(route.handler.__name__)


def _path(route: Route) -> str:
    return PART.sub(lambda part: f"{{{camel(part[1])}}}", route.path)


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    summary, _, description = inspect.cleandoc(route.handler.__doc__ or "").replace("\n", " ").partition(". ")
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "tags": [route.tag],
        "summary": summary.removesuffix("."),
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": _responses(route, schemas),
        "security": _security(route),
    }
    notes = [description] if description else []
    if route.role is not None:
        notes.append(f"Needs the role {route.role}.")
    if notes:
        operation["description"] = " ".join(notes)
    if route.body is not None:
        schema = schemas.request(route.body)
        operation["requestBody"] = {
            "required": any(field.required for field in fields_of(route.body)),
            "content": {FORM if route.form else JSON: {"schema": schema, "example": request_example(route.body)}},
        }
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.role is None:
        return []
    return [{"user": []}, {"agentKey": []}] if route.keys else [{"user": []}]


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": camel(name),
            "in": "path",
            "required": True,
            "schema": ID_SCHEMA,
            "example": example_of(name),
        }
        for name in PART.findall(route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    return [
        {
            "name": field.alias,
            "in": "query",
            "required": field.required,
            "description": field.doc.text,
            "schema": schema,
            **(_COMMAS if schema["type"] == "array" else {}),
        }
        for field in fields_of(route.query)
        for schema in [getattr(field.rule, "rule", field.rule).schema()]
    ]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    if route.method != "POST":
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key and body within 24 hours get the same answer; another body is 422.",
            "schema": {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY_PATTERN}$"},
        }
    ]


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    success: dict[str, Any] = {
        "description": HTTPStatus(route.status).phrase,
        "headers": {"X-Correlation-ID": {"$ref": f"{_HEADER}CorrelationId"}},
    }
    if route.answer is not None:
        schema = schemas.answer(route.answer)
        success["content"] = {
            NDJSON if route.stream else JSON: {"schema": schema, "example": example_of("", schema, schemas.collected)}
        }
    if route.status == HTTPStatus.CREATED:
        success["headers"]["Location"] = {"$ref": f"{_HEADER}Location"}
    if operation_id(route) in LINKS:
        success["links"] = LINKS[operation_id(route)]
    responses = {str(route.status): success}
    causes = causes_of(route)
    for status in dict.fromkeys(cause.status for cause in causes):
        responses[str(status)] = _problem([cause for cause in causes if cause.status == status], route)
    return responses


def _problem(causes: Sequence[Cause], route: Route) -> dict[str, Any]:
    """Describe the answer to causes of one status."""
    status, titles = causes[0].status, sorted({cause.title for cause in causes})
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase + (f": {', '.join(titles)}." if len(titles) > 1 else "."),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": {
                    "type": TYPE_BASE + causes[0].slug,
                    "title": causes[0].title,
                    "status": status,
                    "detail": "what is wrong, in one sentence",
                    "instance": _path(route),
                    "correlationId": "cor_5f2b7c",
                },
            }
        },
    }
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": {"$ref": f"{_HEADER}RetryAfter"}}
    return answer


def request_example(cls: type[Any]) -> dict[str, Any]:
    """Return an example of a request, of the fields that have one."""
    return {field.alias: field.doc.example for field in fields_of(cls) if field.doc.example is not None}


_HEADERS: Final[Schema] = {
    "CorrelationId": {"description": "Leads to the request in the log.", "schema": {"type": "string"}},
    "Location": {"description": "Where the new resource is.", "schema": {"type": "string", "format": "uri-reference"}},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
}
