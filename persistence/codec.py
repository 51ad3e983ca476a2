"""Events and state as JSON text: one configured converter for everything that the database keeps.

Keys are the names of the fields, in the order in which the class declares them, so equal values give equal text.

Evolution. The log is never rewritten, so a class must go on reading what it wrote before:

* a field may be added with a default that says what its absence meant; every field is written, default or not, so that
  a later change of a default does not change the past;
* a field that the class no longer has is ignored when it is read;
* a field is never renamed and never changes its meaning or unit: add another one;
* an event type is never reused or removed from `actors.events.EVENT_CLASSES`.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import orjson
from cattrs.fns import identity
from cattrs.preconf.orjson import make_converter

from actors.events import EVENT_CLASSES, Event
from actors.ledger import Position
from actors.model import Agent, Approval, Principal, Trade, UsageLine
from actors.ports.journal import (
    ApprovalDelivery,
    DecisionDelivery,
    Delivery,
    NotificationDelivery,
    QuotaDelivery,
    UsageDelivery,
)

ValueT = TypeVar("ValueT")
Unstructure = Callable[[Any], Any]
Structure = Callable[[Any, Any], Any]

DELIVERY_TYPES: Mapping[str, type[Delivery]] = {
    "usage": UsageDelivery,
    "quota": QuotaDelivery,
    "approval": ApprovalDelivery,
    "decision": DecisionDelivery,
    "notification": NotificationDelivery,
}


def _is_json_already(cls: Any) -> bool:
    return cls in {int | None, str | None, float | None, Mapping[str, str]}


_converter = make_converter(detailed_validation=False)
# Optional numbers and texts are written as they are: saying so spares a call for each such field of each event.
_converter.register_unstructure_hook_func(_is_json_already, identity)


class _Hooks(dict[Any, Any]):
    """What cattrs does for a class, by class: written when it is asked for first, as most programs need few of them."""

    def __init__(self, write: Callable[[Any], Any]) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, cls: Any) -> Any:
        hook = self[cls] = self._write(cls)
        return hook


_EVENT_CLASSES: Mapping[str, type[Event]] = {cls.type: cls for cls in EVENT_CLASSES}
_DELIVERY_NAMES: Mapping[type[Delivery], str] = {cls: name for name, cls in DELIVERY_TYPES.items()}
_UNSTRUCTURE: Mapping[type, Unstructure] = _Hooks(_converter.get_unstructure_hook)
_STRUCTURE: Mapping[type, Structure] = _Hooks(_converter.get_structure_hook)


def _structured(plain_value: Any, cls: type) -> Any:
    return _STRUCTURE[cls](plain_value, cls)


class UnknownType(ValueError):
    """The database holds an event or delivery of a type that this program does not know: a newer one wrote it."""


def plain(event: Event) -> Mapping[str, Any]:
    """Return an event as what JSON is made of; its class is not in it."""
    return cast("Mapping[str, Any]", _UNSTRUCTURE[type(event)](event))


def encode(value: Event | Delivery | Principal | Agent) -> str:
    """Return a value as JSON; its class is not in it."""
    return orjson.dumps(_UNSTRUCTURE[type(value)](value)).decode()


def decode_event(type_name: str, text: str) -> Event:
    """Return the event that `encode` wrote. Raises UnknownType."""
    cls = _EVENT_CLASSES.get(type_name)
    if cls is None:
        raise UnknownType(f"the log holds an event of type {type_name!r}, which this version does not know")
    return cast("Event", _structured(orjson.loads(text), cls))


def decode_trade(event_text: str) -> Trade:
    """Return the trade that an event carries."""
    return cast("Trade", _structured(orjson.loads(event_text)["trade"], Trade))


def decode_approval(event_text: str) -> Approval:
    """Return the approval that an event carries."""
    return cast("Approval", _structured(orjson.loads(event_text)["approval"], Approval))


def decode_principal(text: str) -> Principal:
    """Return the principal that `encode` wrote."""
    return cast("Principal", _structured(orjson.loads(text), Principal))


def decode_agent(text: str) -> Agent:
    """Return the agent that `encode` wrote."""
    return cast("Agent", _structured(orjson.loads(text), Agent))


def delivery_name(delivery: Delivery) -> str:
    """Return the name under which the outbox keeps deliveries of this kind."""
    return _DELIVERY_NAMES[type(delivery)]


def decode_delivery(name: str, text: str) -> Delivery:
    """Return the delivery that `encode` wrote. Raises UnknownType."""
    cls = DELIVERY_TYPES.get(name)
    if cls is None:
        raise UnknownType(f"the outbox holds a delivery of type {name!r}, which this version does not know")
    return cast("Delivery", _structured(orjson.loads(text), cls))


def encode_positions(positions: Mapping[str, Position]) -> str:
    """Return positions as JSON: by symbol, the quantity, the cost basis in micros and the reserved quantity."""
    return orjson.dumps(
        {
            symbol: (position.quantity, position.cost_basis_micros, position.reserved_quantity)
            for symbol, position in positions.items()
        }
    ).decode()


def decode_positions(text: str) -> Mapping[str, Position]:
    """Return the positions that `encode_positions` wrote."""
    return {symbol: Position(*numbers) for symbol, numbers in orjson.loads(text).items()}


def encode_breakdown(breakdown: Mapping[str, UsageLine]) -> str:
    """Return the lines of a usage as JSON: by kind, the calls and the cost in micros."""
    return orjson.dumps({kind: (line.calls, line.cost_micros) for kind, line in breakdown.items()}).decode()


def decode_breakdown(text: str) -> Mapping[str, UsageLine]:
    """Return the lines that `encode_breakdown` wrote."""
    return {kind: UsageLine(*numbers) for kind, numbers in orjson.loads(text).items()}
