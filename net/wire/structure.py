"""Requests from JSON values and query strings to request classes, with every field at fault named."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from attrs import NOTHING, fields, frozen, has
from cattrs import AttributeValidationNote, ClassValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from net.wire.converter import camel
from net.wire.rules import Doc, FieldError, Rule

BodyT = TypeVar("BodyT")

_converter: Final = Converter(detailed_validation=True)


@frozen
class FieldProblem:
    """One field at fault: its path in the request, such as `quotaConfig.apiCalls`, and what is wrong with it."""

    field: str
    message: str


class InvalidRequest(ValueError):
    """A request does not keep its rules; `problems` has every field at fault."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{problem.field} {problem.message}".strip() for problem in problems))
        self.problems = tuple(problems)


@frozen
class Object:
    """A JSON object that becomes an instance of a request class."""

    cls: type[Any]

    def parse(self, value: Any) -> Any:
        """Return the instance. Raises FieldError, or cattrs' error with the fields at fault."""
        if not isinstance(value, dict):
            raise FieldError("must be an object")
        return _structure_hook(self.cls)(value, self.cls)

    def parse_text(self, _text: str) -> Any:
        """No object stands in a query."""
        raise FieldError("must not be an object")

    def schema(self) -> dict[str, Any]:
        """Return the reference to the schema of the class."""
        return {"$ref": f"#/components/schemas/{self.cls.__name__}"}


@frozen
class Nullable:
    """What a rule accepts, or null."""

    rule: Rule

    def parse(self, value: Any) -> Any:
        """Return None for null. Raises FieldError."""
        return None if value is None else self.rule.parse(value)

    def parse_text(self, text: str) -> Any:
        """Return the value; a query has no null. Raises FieldError."""
        return self.rule.parse_text(text)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [self.rule.schema(), {"type": "null"}]}


@frozen
class Field:
    """A field of a request class: its names in the program and in the API, its rule, and what it means."""

    name: str
    alias: str
    rule: Rule
    required: bool
    default: Any
    doc: Doc


# What is read of a class once: there are as many as there are kinds of request.
_fields: Final[dict[type[Any], tuple[Field, ...]]] = {}
_hooks: Final[dict[type[Any], Callable[[Any, Any], Any]]] = {}


def fields_of(cls: type[Any]) -> tuple[Field, ...]:
    """Return the fields of a request class."""
    found = _fields.get(cls)
    if found is None:
        found = _fields[cls] = _read_fields(cls)
    return found


def _read_fields(cls: type[Any]) -> tuple[Field, ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        Field(
            name=attribute.name,
            alias=camel(attribute.name),
            rule=_rule_of(hints[attribute.name], cls),
            required=attribute.default is NOTHING,
            default=attribute.default,
            doc=next((note for note in _notes(hints[attribute.name]) if isinstance(note, Doc)), Doc("")),
        )
        for attribute in fields(cls)
    )


def structure(cls: type[BodyT], value: Any) -> BodyT:
    """Return a JSON value as an instance of a request class. Raises InvalidRequest with every field at fault."""
    try:
        return Object(cls).parse(value)  # type: ignore[no-any-return]  # The hook of a class returns its instances.
    except (ClassValidationError, FieldError) as error:
        raise InvalidRequest(tuple(_problems(error, ""))) from error


def structure_query(cls: type[BodyT], parameters: Mapping[str, Sequence[str]]) -> BodyT:
    """Return the parameters of a query string as an instance of a query class.

    Raises InvalidRequest for values at fault, and for parameters that are unknown, missing or repeated.
    """
    found: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    known = {field.alias: field for field in fields_of(cls)}
    problems += [FieldProblem(name, _unknown(known)) for name in parameters if name not in known]
    for alias, field in known.items():
        texts = parameters.get(alias, ())
        if len(texts) > 1:
            problems.append(FieldProblem(alias, "must be given once"))
        elif texts:
            try:
                found[field.name] = field.rule.parse_text(texts[0])
            except FieldError as error:
                problems.append(FieldProblem(alias, str(error)))
        elif field.required:
            problems.append(FieldProblem(alias, "is required"))
    if problems:
        raise InvalidRequest(problems)
    return cls(**found)


def _structure_hook(cls: type[Any]) -> Callable[[Any, Any], Any]:
    hook = _hooks.get(cls)
    if hook is None:
        hook = _hooks[cls] = _make_hook(cls)
    return hook


def _make_hook(cls: type[Any]) -> Callable[[Any, Any], Any]:
    overrides = {field.name: override(rename=field.alias, struct_hook=_hook(field.rule)) for field in fields_of(cls)}
    return make_dict_structure_fn(
        cls,
        _converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **overrides,  # type: ignore[arg-type]  # Overrides share ** with flags.
    )


def _hook(rule: Rule) -> Callable[[Any, Any], Any]:
    return lambda value, _type: rule.parse(value)


def _rule_of(hint: Any, cls: type[Any]) -> Rule:
    rule = next((note for note in _notes(hint) if hasattr(note, "parse")), None)
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if rule is not None:
        return Nullable(rule) if _is_nullable(plain) else rule
    if get_origin(plain) in {Union, UnionType}:
        parts = [part for part in get_args(plain) if has(get_origin(part) or part) or _notes(part)]
        if len(parts) == 1:
            inner = _rule_of(parts[0], cls)
            return Nullable(inner) if _is_nullable(plain) else inner
    if isinstance(plain, type) and has(plain):
        return Object(plain)
    raise TypeError(f"{cls.__name__} has a field without a rule: {hint}")


def _is_nullable(hint: Any) -> bool:
    return get_origin(hint) in {Union, UnionType} and type(None) in get_args(hint)


def _notes(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _problems(error: BaseException, path: str) -> Iterator[FieldProblem]:
    if isinstance(error, ClassValidationError):
        for part in error.exceptions:
            yield from _problems(part, _join(path, _attribute(part)))
    elif isinstance(error, ForbiddenExtraKeysError):
        known = {camel(attribute.name): attribute for attribute in fields(error.cl)}
        yield from (FieldProblem(_join(path, name), _unknown(known)) for name in sorted(error.extra_fields))
    elif isinstance(error, KeyError):
        yield FieldProblem(path, "is required")
    elif isinstance(error, FieldError):
        yield FieldProblem(_join(path, error.field), str(error))
    else:
        raise error


def _attribute(error: BaseException) -> str | None:
    notes = (note for note in getattr(error, "__notes__", ()) if isinstance(note, AttributeValidationNote))
    return next((camel(note.name) for note in notes), None)


def _unknown(known: Mapping[str, object]) -> str:
    return f"is unknown; known are {', '.join(known)}" if known else "is unknown; nothing is taken here"


def _join(path: str, name: str | None) -> str:
    if not name or not path:
        return path or name or ""
    return f"{path}{name}" if name.startswith("[") else f"{path}.{name}"
