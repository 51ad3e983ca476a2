"""What clients may say."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.model import Action, OrderType
from net.websocket.channels import Channel, Topic
from net.websocket.protocol import (
    _ID,
    Authenticate,
    BadFrame,
    Ping,
    SubmitTrade,
    Subscribe,
    Unsubscribe,
    parse_action,
)
from net.wire.decode import MalformedJson
from net.wire.structure import InvalidRequest

TRADE = {"symbol": "AAPL", "action": "buy", "quantity": 10, "orderType": "market"}


def _bad(message: str | bytes) -> BadFrame:
    with pytest.raises(BadFrame) as caught:
        parse_action(message)
    return caught.value


def _fields(bad: BadFrame) -> list[str]:
    assert isinstance(bad.cause, InvalidRequest)
    return [problem.field for problem in bad.cause.problems]


@pytest.mark.parametrize(
    ("frame", "action"),
    [
        ({"action": "authenticate", "token": "a.b.c"}, Authenticate("a.b.c")),
        ({"action": "ping"}, Ping()),
        ({"action": "ping", "id": 7}, Ping(7)),
        ({"action": "ping", "id": None}, Ping()),
        ({"action": "subscribe", "channels": ["market"], "after": 3}, Subscribe(("market",), 3)),
        ({"action": "unsubscribe", "channels": ["agent:agt_1"], "id": "u"}, Unsubscribe(("agent:agt_1",), "u")),
    ],
)
def test_actions(frame: dict[str, Any], action: object) -> None:
    """Each action with its fields."""
    assert parse_action(json.dumps(frame)) == action


def test_a_trade_is_an_order_with_an_id() -> None:
    """The order of a trade is parsed by the rules of HTTP."""
    message = json.dumps({"action": "trade.submit", "id": "t1", "agentId": "agt_1", "trade": TRADE})
    action = parse_action(message)
    assert isinstance(action, SubmitTrade)
    order = action.trade.order()
    assert (action.id, action.agent_id) == ("t1", "agt_1")
    assert (order.symbol, order.action, order.quantity, order.order_type) == ("AAPL", Action.BUY, 10, OrderType.MARKET)


def test_channels_count_once() -> None:
    """A channel that is named twice is one."""
    market, agent = Channel(Topic.MARKET), Channel(Topic.AGENT, "agt_1")
    assert Subscribe(("market", "agent:agt_1", "market")).parsed() == (market, agent)
    assert Unsubscribe(("market", "market")).parsed() == (market,)


@pytest.mark.parametrize(
    ("frame", "fields"),
    [
        ({"action": "dance"}, ["action"]),
        ({"action": 5}, ["action"]),
        ({}, ["action"]),
        ({"action": "authenticate"}, ["token"]),
        ({"action": "authenticate", "token": "with space"}, ["token"]),
        ({"action": "subscribe", "channels": []}, ["channels"]),
        ({"action": "subscribe", "channels": ["market", "moon"]}, ["channels[1]"]),
        ({"action": "subscribe", "channels": ["agent:"]}, ["channels[0]"]),
        ({"action": "subscribe", "channels": ["market"], "after": -1}, ["after"]),
        ({"action": "ping", "extra": 1}, ["extra"]),
        ({"action": "trade.submit", "agentId": "agt_1", "trade": TRADE}, ["id"]),
        ({"action": "trade.submit", "id": "t", "agentId": "a", "trade": {**TRADE, "quantity": 0}}, ["trade.quantity"]),
        ({"action": "trade.submit", "id": "t", "agentId": "a", "trade": 5}, ["trade"]),
    ],
)
def test_fields_at_fault_are_named(frame: dict[str, Any], fields: list[str]) -> None:
    """An answer says which field is wrong."""
    assert _fields(_bad(json.dumps(frame))) == fields


def test_a_bad_frame_is_answered_under_its_id_where_that_can_be_read() -> None:
    """The id and the action are known even when the rest is wrong."""
    bad = _bad(json.dumps({"action": "subscribe", "id": "s1", "channels": 5}))
    assert (bad.action, bad.request_id) == ("subscribe", "s1")
    assert _bad(json.dumps({"action": "ping", "id": ["no"]})).request_id is None


@pytest.mark.parametrize("message", ["", "nonsense", "[" * 50 + "]" * 50, '{"a":1,"a":2}', "\ud800", b"{}"])
def test_what_is_not_json(message: str | bytes) -> None:
    """Text that is not JSON, that is ambiguous, or not text at all."""
    assert isinstance(_bad(message).cause, MalformedJson)


def test_what_is_not_an_object() -> None:
    """A frame is one object."""
    assert isinstance(_bad("[]").cause, InvalidRequest)


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_breaks_the_parser(message: str) -> None:
    """Every text is an action or a bad frame."""
    with suppress(BadFrame):
        assert parse_action(message) is not None


def test_the_id_describes_itself() -> None:
    """The rule of ids is documented like any other."""
    assert [option["type"] for option in _ID.schema()["anyOf"]] == ["string", "integer"]
    assert _ID.parse_text("x") == "x"
