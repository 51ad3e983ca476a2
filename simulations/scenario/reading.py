"""From TOML to a scenario: errors name the key at fault, as `population[1].risk: must be 1 to 10, not 12`."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from attrs import evolve, fields, frozen
from cattrs import AttributeValidationNote, Converter, IterableValidationNote
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from actors.hours import InvalidHoursError
from simulations.scenario.checks import NO_SPAN, FieldError, Range, Span, span
from simulations.scenario.model import Scenario

_STEP: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|(\d+)")


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
        scenario = evolve(scenario, time=evolve(scenario.time, days=days, ticks=None))
    return scenario if seed is None else evolve(scenario, seed=seed)


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
    steps = [int(step[1] or step[2]) if step[1] or step[2] else step[0] for step in _STEP.findall(key)]
    place: Any = tables
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        is_index = isinstance(step, int)
        if is_index != isinstance(place, list) or (is_index and not 0 <= int(step) < len(place)):
            raise ScenarioError(source, [f"{key}: there is no {step!r} in it"])
        if following is None:
            place[step] = value
        elif is_index:
            place = place[step]
        else:
            place = place.setdefault(step, {})


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
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"must be a date and time such as 2026-01-05T09:00:00Z, not {value!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
_converter.register_unstructure_hook(datetime, datetime.isoformat)
