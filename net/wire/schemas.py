"""JSON Schemas of requests and answers, read from the classes that validate and render them."""

from collections.abc import Mapping
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from attrs import Factory, fields, has

from actors.money import to_json_number
from net.wire.converter import camel
from net.wire.requests import ABSENT
from net.wire.rules import Money
from net.wire.scalars import Dollars, Timestamp
from net.wire.structure import Field, Nullable, Object, fields_of

Schema = dict[str, Any]

REFERENCE: Final = "#/components/schemas/"

_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Any: {},
    Dollars: {"type": "number", "description": "Dollars, with at most six decimal places."},
    Timestamp: {"type": "string", "format": "date-time"},
}


class Schemas:
    """Collects the schemas of classes under their names, as they are referred to."""

    def __init__(self) -> None:
        self.collected: dict[str, Schema] = {}

    def request(self, cls: type[Any]) -> Schema:
        """Return the reference to the schema of a request class."""
        name = cls.__name__
        if name not in self.collected:
            self.collected[name] = {}
            known = fields_of(cls)
            for field in known:
                self._nested(field.rule)
            schema: Schema = {
                "type": "object",
                "description": _text(cls),
                "properties": {field.alias: _property(field) for field in known},
                "additionalProperties": False,
            }
            required = [field.alias for field in known if field.required]
            if required:
                schema["required"] = required
            self.collected[name] = schema | getattr(cls, "SCHEMA", {})
        return {"$ref": REFERENCE + name}

    def answer(self, hint: Any) -> Schema:
        """Return the schema of a type that stands in answers."""
        if hint in _PLAIN:
            return _PLAIN[hint]
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return {"type": "string", "enum": [member.value for member in hint]}
        if has(get_origin(hint) or hint):
            return self._shape(get_origin(hint) or hint, get_args(hint))
        return self._combined(get_origin(hint), get_args(hint))

    def _combined(self, origin: Any, arguments: tuple[Any, ...]) -> Schema:
        """Return the schema of a type that is made of others."""
        if origin is Annotated:
            return self.answer(arguments[0])
        if origin in {Union, UnionType}:
            return {"anyOf": [self.answer(part) for part in arguments if part is not type(None)] + [{"type": "null"}]}
        if origin is tuple:
            return {"type": "array", "items": self.answer(arguments[0])}
        assert issubclass(origin, Mapping), origin
        return {"type": "object", "additionalProperties": self.answer(arguments[1])}

    def _shape(self, cls: type[Any], arguments: tuple[Any, ...]) -> Schema:
        """Return the reference to the schema of a shape; of a generic one for these arguments."""
        name = cls.__name__.removesuffix("Shape") + "".join(part.__name__.removesuffix("Shape") for part in arguments)
        if name not in self.collected:
            self.collected[name] = {}
            hints = get_type_hints(cls, include_extras=True)
            bound = dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=True))
            self.collected[name] = {
                "type": "object",
                "description": _text(cls),
                "properties": {
                    camel(attribute.name): self.answer(_bind(hints[attribute.name], bound)) for attribute in fields(cls)
                },
                "required": [camel(attribute.name) for attribute in fields(cls)],
            }
        return {"$ref": REFERENCE + name}

    def _nested(self, rule: Any) -> None:
        inner = rule.rule if isinstance(rule, Nullable) else rule
        if isinstance(inner, Object):
            self.request(inner.cls)


def _property(field: Field) -> Schema:
    """Return the schema of a field, with what it means and what it is when it is left out."""
    schema = dict(field.rule.schema())
    if "$ref" in schema:
        schema = {"allOf": [schema]}
    if field.doc.text:
        schema["description"] = field.doc.text
    if field.doc.example is not None:
        schema["examples"] = [field.doc.example]
    default = field.default.factory() if isinstance(field.default, Factory) else field.default  # type: ignore[arg-type]  # attrs types its Factory as a function.
    if not field.required and default is not None and default is not ABSENT:
        schema["default"] = to_json_number(default) if isinstance(field.rule, Money) else default
    return schema


def _bind(hint: Any, bound: Mapping[Any, Any]) -> Any:
    """Put arguments in the place of the parameters of a generic shape."""
    if get_origin(hint) is tuple:
        first, *rest = get_args(hint)
        return tuple[bound.get(first, first), *rest]  # type: ignore[misc]  # A type that is made at run time.
    return hint


def _text(cls: type[Any]) -> str:
    return " ".join((cls.__doc__ or "").split()).replace("`", "")
