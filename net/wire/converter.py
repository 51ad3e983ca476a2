"""The converter that shows shapes as JSON: camelCase names, dollars as numbers, times as RFC 3339."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from attrs import fields, has
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from actors.money import to_json_number
from net.wire.scalars import Dollars, Timestamp, format_timestamp


def camel(name: str) -> str:
    """Return a field's name as the API writes it: `limit_price` is `limitPrice`."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _renamed(cls: type) -> Callable[[Any], dict[str, Any]]:
    names = {attribute.name: override(rename=camel(attribute.name)) for attribute in fields(cls)}
    return make_dict_unstructure_fn(cls, _shapes, **names)  # type: ignore[arg-type]  # Overrides share ** with flags.


_shapes = Converter()
_shapes.register_unstructure_hook_factory(has, _renamed)
_shapes.register_unstructure_hook(Dollars, to_json_number)
_shapes.register_unstructure_hook(Timestamp, format_timestamp)
_shapes.register_unstructure_hook(StrEnum, lambda member: member.value)


def to_json(shape: Any) -> dict[str, Any]:
    """Return a shape as a JSON object."""
    return _shapes.unstructure(shape)  # type: ignore[no-any-return]  # The hook of an attrs class returns a dict.
