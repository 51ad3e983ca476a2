"""From TOML to a scenario: errors name the key at fault, as `population[1].risk: must be 1 to 10, not 12`."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, get_origin

from attrs import evolve, fields, frozen, has
from cattrs import AttributeValidationNote, Converter, IterableValidationNote
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from actors.hours import InvalidHoursError
from simulations.scenario.checks import NO_SPAN, FieldError, Range, Span, span
from simulations.scenario.model import AGENTS_MAX, Scenario

_STEP: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|(\d+)", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\[\d+\]|\.[A-Za-z_][A-Za-z0-9_-]*|\.\d+)*", re.ASCII)


class ScenarioError(ValueError):
    """A scenario has mistakes; the message has a line for each, which begins with its key."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))
        self.source = source
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type["ScenarioError"], tuple[str, Sequence[str]]]:
        """Be taken apart as it was made, for the way from one process to another."""
        return (ScenarioError, (self.source, self.problems))


@frozen
class Document:
    """A scenario as it was written: the tables of its TOML, where they came from, and the folder files count from."""

    source: str
    tables: Mapping[str, Any]
    folder: Path | None = None


def builtin_names() -> tuple[str, ...]:
    """Return the names of the scenarios that come along."""
    folder = files("simulations.scenarios")
    return tuple(sorted(Path(file.name).stem for file in folder.iterdir() if file.name.endswith(".toml")))


def load(name_or_path: str) -> Document:
    """Return one of the scenarios that come along, or the one in a file. Raises ScenarioError."""
    if name_or_path in builtin_names():
        text = (files("simulations.scenarios") / f"{name_or_path}.toml").read_text("utf-8")
        return _document(name_or_path, text, None)
    path = Path(name_or_path)
    try:
        return _document(name_or_path, path.read_text("utf-8"), path.resolve().parent)
    except (OSError, UnicodeDecodeError) as error:
        problem = f"is neither a readable file ({error}) nor one of {', '.join(builtin_names())}"
        raise ScenarioError(name_or_path, [problem]) from error


def parse(document: Document) -> Scenario:
    """Return what a document says. Raises ScenarioError."""
    try:
        scenario: Scenario = _converter.structure(document.tables, Scenario)
    except BaseValidationError as error:
        raise ScenarioError(document.source, list(_problems(error, ""))) from error
    return scenario


def to_tables(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as tables that `parse` reads as the same one, made of what JSON is made of."""
    tables: dict[str, Any] = _without_nones(_converter.unstructure(scenario))
    return tables


def with_settings(document: Document, settings: Sequence[str]) -> Document:
    """Return a document with values replaced: `oversight.approvers=3`, `population[0].risk=[2, 9]`.

    A value is read as TOML, and as a text where it is none. Raises ScenarioError for a key that cannot be reached.
    """
    tables = deepcopy(dict(document.tables))
    for setting in settings:
        key, separator, text = setting.partition("=")
        if not separator or not key.strip():
            raise ScenarioError(document.source, [f"{setting!r} must be KEY=VALUE, such as oversight.approvers=3"])
        _put(document.source, tables, key.strip(), _value(text.strip()))
    return evolve(document, tables=tables)


def with_agents(scenario: Scenario, agents: int) -> Scenario:
    """Return a scenario with so many agents in all, its groups in the same proportion but each with one at least.

    Raises ScenarioError when there are fewer agents than groups or floors.
    """
    groups = scenario.population
    if agents < scenario.floors:
        raise ScenarioError(scenario.name, [f"floors: must be at most as many as agents, {agents}"])
    if agents > AGENTS_MAX:
        raise ScenarioError(scenario.name, [f"population: must hold at most {AGENTS_MAX:,} agents, not {agents:,}"])
    if agents < len(groups):
        raise ScenarioError(scenario.name, [f"population: must keep one agent for each of {len(groups)} groups"])
    total = scenario.agents
    counts = [max(1, group.count * agents // total) for group in groups]
    # Whole agents that the divisions left over go to the largest groups, those that a small group's one took come
    # from the largest.
    order = sorted(range(len(groups)), key=lambda index: -groups[index].count)
    while sum(counts) != agents:
        for index in order:
            if sum(counts) < agents:
                counts[index] += 1
            elif sum(counts) > agents and counts[index] > 1:
                counts[index] -= 1
    population = tuple(evolve(group, count=count) for group, count in zip(groups, counts, strict=True))
    return evolve(scenario, population=population)


def with_extent(scenario: Scenario, agents: int | None, days: float | None, seed: int | None) -> Scenario:
    """Return a scenario of so many agents and days, and with a seed; None leaves what it has. Raises ScenarioError."""
    if agents is not None:
        scenario = with_agents(scenario, agents)
    if days is not None:
        with _said_of(scenario, "time"):
            scenario = evolve(scenario, time=evolve(scenario.time, days=days, ticks=None))
    if seed is not None:
        with _said_of(scenario, ""):
            scenario = evolve(scenario, seed=seed)
    return scenario


@contextmanager
def _said_of(scenario: Scenario, path: str) -> Iterator[None]:
    """Raise ScenarioError for a field at a path of a scenario that cannot be changed so."""
    try:
        yield
    except FieldError as error:
        raise ScenarioError(scenario.name, [_problem(error, path)]) from error


def _document(source: str, text: str, folder: Path | None) -> Document:
    try:
        return Document(source, tomllib.loads(text), folder)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(source, [f"is no TOML: {error}"]) from error


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put(source: str, tables: dict[str, Any], key: str, value: Any) -> None:
    if not _KEY.fullmatch(key):
        raise ScenarioError(source, [f"{key!r} must be a key such as oversight.approvers or population[0].risk"])
    steps = [
        (match[0], int(match[2] or match[3]) if match[2] or match[3] else match[1]) for match in _STEP.finditer(key)
    ]
    place: Any = tables
    reached = ""
    for (text, step), following in zip(steps, [*steps[1:], None], strict=True):
        is_there = isinstance(step, int) and isinstance(place, list) and step < len(place)
        if not is_there and not (isinstance(step, str) and isinstance(place, dict)):
            raise ScenarioError(source, [f"{key}: there is no {text} in {reached}, which is {_shape(place)}"])
        if following is None:
            place[step] = value
        else:
            place = place[step] if is_there else place.setdefault(step, {})
        reached = text if not reached else reached + (text if text.startswith("[") else f".{text}")


def _shape(value: Any) -> str:
    """Return what a value of TOML is, for somebody who wanted to reach into it."""
    if isinstance(value, list | dict) and not value:
        return "empty so far; set it whole"
    match value:
        case list():
            return f"a list from [0] to [{len(value) - 1}]"
        case dict():
            return f"a table of {', '.join(value)}"
        case _:
            return repr(value)


def _problems(error: BaseException, path: str) -> Iterator[str]:
    if not isinstance(error, BaseValidationError):
        yield _problem(error, path)
        return
    for inner in error.exceptions:
        yield from _problems(inner, _path_of(inner, path))


def _path_of(error: BaseException, path: str) -> str:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return _joined(path, note.name)
        if isinstance(note, IterableValidationNote):
            return f"{path}[{note.index}]"
    return path


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _problem(error: BaseException, path: str) -> str:
    match error:
        case ForbiddenExtraKeysError():
            known = ", ".join(field.name for field in fields(error.cl))
            extra = ", ".join(sorted(_joined(path, key) for key in error.extra_fields))
            return f"{extra}: is not known here; known are {known}"
        case FieldError():
            return f"{_joined(path, error.name)}: {error}"
        case InvalidHoursError():
            return f"{_joined(path, error.field)}: {error}"
        case KeyError():
            return f"{path}: must be given"
    return f"{path or 'the scenario'}: {error}"


def _strict(wanted: str, *types: type) -> Any:
    def structure(value: Any, _type: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, types):
            raise ValueError(f"must be {wanted}, not {value!r}")  # noqa: TRY004 - it is about a value in a file
        return value

    return structure


def _span(value: Any, _type: Any) -> Span:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(NO_SPAN.format(value=value))  # noqa: TRY004 - it is about a value in a file
    return span(value)


def _range(value: Any, _type: Any) -> Range:
    both = value if isinstance(value, list) else [value, value]
    if len(both) != 2 or any(isinstance(one, bool) or not isinstance(one, int | float) for one in both):
        raise ValueError(f"must be a number, or a list of the least and the most, not {value!r}")
    return (both[0], both[1])


def _moment(value: Any, _type: Any) -> datetime:
    try:
        match value:
            case datetime():
                moment = value
            case date():
                moment = datetime.combine(value, time())
            case _:
                moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"must be a date and time such as 2026-01-05T09:00:00Z, not {value!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _table(cls: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    known = ", ".join(field.name for field in fields(cls))
    return _of_kind(Mapping, f"must be a table of {known}", converter.gen_structure_attrs_fromdict(cls))


def _is_list(cls: Any) -> bool:
    return get_origin(cls) is tuple and cls != Range


def _list(cls: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    return _of_kind((list, tuple), "must be a list, as [...]", homogenous_tuple_structure_factory(cls, converter))


def _is_numbers(cls: Any) -> bool:
    return get_origin(cls) is Mapping


def _numbers(cls: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    return _of_kind(Mapping, "must be a table, as {...}", converter.gen_structure_mapping(cls))


def _of_kind(kind: Any, wanted: str, structure: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return how a table or a list is read, which complains of anything else in the words of TOML, not of Python."""

    def read(value: Any, cls: Any) -> Any:
        if not isinstance(value, kind):
            raise ValueError(f"{wanted}, not {value!r}")  # noqa: TRY004 - it is about a value in a file
        return structure(value, cls)

    return read


def _without_nones(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_nones(one) for key, one in value.items() if one is not None}
        case list() | tuple():
            return [_without_nones(one) for one in value]
        case _:
            return value


_converter = Converter(forbid_extra_keys=True, detailed_validation=True)
_converter.register_structure_hook(int, _strict("a whole number", int))
_converter.register_structure_hook(float, _strict("a number", int, float))
_converter.register_structure_hook(str, _strict("a text", str))
_converter.register_structure_hook(Span, _span)
_converter.register_structure_hook_func(lambda cls: cls == Range, _range)
_converter.register_structure_hook(datetime, _moment)
_converter.register_structure_hook_factory(has, _table)
_converter.register_structure_hook_factory(_is_list, _list)
_converter.register_structure_hook_factory(_is_numbers, _numbers)
_converter.register_unstructure_hook(datetime, datetime.isoformat)
