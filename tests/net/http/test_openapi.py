"""The OpenAPI document and the reference page."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from trio.testing import MockClock

from net.http.app import ROUTES
from net.http.openapi import LINKS, document, operation_id
from net.http.page import page
from net.http.problems import CAUSES
from net.wire.decode import decode
from net.wire.structure import structure
from tests.net.http.harness import served

DOCUMENT = document(ROUTES, "1.2.3")
OPERATIONS = [
    (f"{method} {path}", operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def parts(value: Any) -> Iterator[Any]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def test_every_route_is_described_once() -> None:
    """Neither more nor less, each under its own name."""
    names = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(names) == len(set(names)) == len(ROUTES)


def test_every_reference_leads_somewhere() -> None:
    """A document with dead ends is no document."""
    for part in parts(DOCUMENT):
        if "$ref" in part:
            target: Any = DOCUMENT
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            assert target


def test_links_lead_to_operations() -> None:
    """Each names an operation that there is."""
    names = {operation_id(route) for route in ROUTES}
    assert set(LINKS) <= names
    assert {link["operationId"] for links in LINKS.values() for link in links.values()} <= names


@pytest.mark.parametrize("source", LINKS)
def test_links_carry_what_the_answer_has_to_where_it_goes(source: str) -> None:
    """Each value is a field of the answer, and each name one that the other operation takes."""
    by_id = {operation["operationId"]: operation for _, operation in OPERATIONS}
    (answer,) = (answer for answer in by_id[source]["responses"].values() if "links" in answer)
    fields = shape_of(answer["content"]["application/json"]["schema"])
    for link in answer["links"].values():
        target = by_id[link["operationId"]]
        needed = {part["name"] for part in target["parameters"] if part["required"]}
        if "requestBody" in link:
            needed |= set(shape_of(target["requestBody"]["content"]["application/json"]["schema"]))
        given = {**link.get("parameters", {}), **link.get("requestBody", {})}
        assert (link["operationId"], set(given)) == (link["operationId"], needed)
        assert {value.removeprefix("$response.body#/") for value in given.values()} <= set(fields)


def shape_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a schema, which may be a reference."""
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    properties: dict[str, Any] = (DOCUMENT["components"]["schemas"][name] if name else schema)["properties"]
    return properties


@pytest.mark.parametrize("route", [route for route in ROUTES if route.body], ids=operation_id)
def test_the_example_of_a_body_is_taken(route: Any) -> None:
    """What the reference shows works."""
    path = re.sub(r"<(\w+)_(\w)(\w*)>", lambda part: f"{{{part[1]}{part[2].upper()}{part[3]}}}", route.path)
    operation = DOCUMENT["paths"][path][route.method.lower()]
    ((media_type, content),) = operation["requestBody"]["content"].items()
    assert media_type == ("application/x-www-form-urlencoded" if route.form else "application/json")
    example = content["example"]
    structure(route.body, decode(json.dumps(example).encode()))


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_every_operation_is_documented(name: str, operation: dict[str, Any]) -> None:
    """With a summary, and a shape or nothing for each answer."""
    assert operation["summary"]
    assert {"400", "429", "500", "503"} <= set(operation["responses"])
    for status, answer in operation["responses"].items():
        assert answer["description"]
        if int(status) >= 400:
            assert list(answer["content"]) == ["application/problem+json"]


def test_the_prices_of_an_order_are_conditional() -> None:
    """The document says what the class refuses."""
    conditions = DOCUMENT["components"]["schemas"]["TradeBody"]["allOf"]
    assert [condition["then"]["required"] for condition in conditions] == [["limitPrice"], ["stopPrice"]]


def test_what_a_query_names_may_not_be_there() -> None:
    """A part of the tree of actors is looked up by its path, which stands in the query."""
    named = {
        operation["operationId"]: "404" in operation["responses"]
        for _, operation in OPERATIONS
        if any(parameter["name"] == "path" for parameter in operation["parameters"])
    }
    of_actors = (
        "listActors",
        "watchActors",
        "getActorTree",
        "inspectActor",
        "traceActors",
        "getActorStats",
        "listStacks",
    )
    assert named == dict.fromkeys((*of_actors, "comparePortfolio"), True)


def test_the_page_needs_nothing_else() -> None:
    """No script, no image, no other file; each kind of problem has its anchor, each operation its place."""
    html = page(DOCUMENT)
    assert not re.search(r"""<script|<img|<link|@import|(src|href)="?https?:""", html)
    assert all(f'id="problem-{cause.slug}"' in html for cause in CAUSES.values())
    assert all(f'id="{operation["operationId"]}"' in html for _, operation in OPERATIONS)


async def test_the_api_describes_itself(mock_clock: MockClock) -> None:
    """Without a token: version, document and page."""
    async with served() as edge:
        version = await edge.call("GET", "/api")
        assert version.json == {
            "name": "tradefloor",
            "version": "1.2.3",
            "documentation": "/api/docs",
            "openapi": "/openapi.json",
            "asyncapi": "/asyncapi.json",
        }
        for _ in range(2):
            described = await edge.call("GET", "/openapi.json")
            assert (described.status, described.json) == (200, json.loads(json.dumps(DOCUMENT)))
        shown = await edge.call("GET", "/api/docs")
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        assert shown.body.decode() == page(DOCUMENT)
