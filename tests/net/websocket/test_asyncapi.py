"""The AsyncAPI document of `/ws`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError
from trio.testing import MockClock

from net.websocket.channels import TOPICS
from net.websocket.closing import CLOSINGS
from net.websocket.messages import ANSWERS
from net.websocket.protocol import ACTIONS, parse_action
from net.websocket.render import EVENT_SHAPES
from tests.net.http.harness import served
from tests.net.websocket.frame_schemas import DOCUMENT, validate

MESSAGES = DOCUMENT["components"]["messages"]
OPERATIONS = DOCUMENT["operations"]


def parts(value: Any) -> Iterator[Any]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def resolve(reference: str) -> Any:
    """Return what a reference leads to."""
    target: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        target = target[name]
    return target


def test_the_document_is_asyncapi_3() -> None:
    """The parts that the specification requires, in their places."""
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert all({"host", "protocol"} <= server.keys() for server in DOCUMENT["servers"].values())
    assert DOCUMENT["channels"]["socket"]["address"] == "/ws"
    json.dumps(DOCUMENT, allow_nan=False)


def test_every_reference_leads_somewhere() -> None:
    """A document with dead ends is no document."""
    references = [part["$ref"] for part in parts(DOCUMENT) if isinstance(part.get("$ref"), str)]
    assert len(references) > 50
    assert all(resolve(reference) for reference in references)


def test_operations_are_about_messages_of_the_channel() -> None:
    """As the specification demands: by way of the channel, not of the components."""
    for operation in OPERATIONS.values():
        assert operation["action"] in {"send", "receive"}
        assert resolve(operation["channel"]["$ref"]) is DOCUMENT["channels"]["socket"]
        told = [*operation["messages"], *operation.get("reply", {}).get("messages", [])]
        assert all(message["$ref"].startswith("#/channels/socket/messages/") for message in told)


def test_every_frame_is_in_the_document() -> None:
    """Each action with its answer, each event, and what may happen besides."""
    assert ACTIONS.keys() == ANSWERS.keys()
    assert {event.type for event in TOPICS} | {"portfolio.update", "market.update"} == EVENT_SHAPES.keys()
    answers = {kind for kind, _ in ANSWERS.values()}
    assert MESSAGES.keys() == ACTIONS.keys() | answers | EVENT_SHAPES.keys() | {"error", "lagged"}
    assert len(OPERATIONS) == len(ACTIONS) + len(EVENT_SHAPES) + 1


def test_the_reasons_to_close_are_in_the_document() -> None:
    """All that are named."""
    assert len(DOCUMENT["channels"]["socket"]["x-closeCodes"]) == len(CLOSINGS)


@pytest.mark.parametrize("name", MESSAGES)
def test_examples_keep_their_schema(name: str) -> None:
    """What the document shows is what it describes."""
    schema = {"allOf": [MESSAGES[name]["payload"]], "components": DOCUMENT["components"]}
    Draft7Validator.check_schema(schema)
    for example in MESSAGES[name]["examples"]:
        Draft7Validator(schema).validate(example["payload"])


@pytest.mark.parametrize("action", ACTIONS)
def test_examples_of_actions_are_taken(action: str) -> None:
    """By what parses them."""
    (example,) = MESSAGES[action]["examples"]
    assert isinstance(parse_action(json.dumps(example["payload"])), ACTIONS[action])


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_refused_is_not_described(action: str) -> None:
    """Another action under the name of one, or a field that nobody knows."""
    (example,) = MESSAGES[action]["examples"]
    for wrong in ({"action": "another"}, {"unknown": 1}):
        with pytest.raises(ValidationError):
            validate(action, example["payload"] | wrong)


async def test_the_document_is_served(mock_clock: MockClock) -> None:
    """Without a token, and the version and the reference page lead to it."""
    async with served() as edge:
        described = await edge.call("GET", "/asyncapi.json")
        assert (described.status, described.json) == (200, json.loads(json.dumps(DOCUMENT)))
        assert (await edge.call("GET", "/api")).json["asyncapi"] == "/asyncapi.json"
        assert b'href="/asyncapi.json"' in (await edge.call("GET", "/api/docs")).body
