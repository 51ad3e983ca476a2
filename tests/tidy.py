"""The habits of this house that no linter knows, as pure checks of one source file each."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from attrs import frozen

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
PACKAGES = ("actors", "supervisor", "persistence", "proto", "net", "simulations", "tradefloor")
GENERATED = "_pb2"
COMPOSITION_ROOT = "tradefloor"
SOCKET_CLIENTS = "simulations/bench/socket_clients.py"
CONSOLE_PILOT = "tests/fakes/piloting.py"
MOCK_CLOCKS = frozenset({"MockClock", "autojump_clock", "mock_clock"})

SLEEPS = frozenset({"trio.sleep", "trio.sleep_until"})
WALL_CLOCKS = frozenset(
    {
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.monotonic_ns",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
    }
)
SYSTEM_RANDOMNESS = frozenset({"os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4", "random.SystemRandom"})
SEEDABLE = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.SeedSequence"})
"""These are deterministic with a seed, and system randomness without."""

_TO_DO = re.compile(r"\b(TODO|FIXME|XXX)\b")


@frozen
class Source:
    """One file of Python: where it is, below the root of the repository, and what it says."""

    path: PurePosixPath
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The top folder."""
        return self.path.parts[0]

    @property
    def is_generated(self) -> bool:
        """Whether a program wrote it."""
        return GENERATED in self.path.stem


def source_of(path: str, text: str) -> Source:
    """Return a source file, parsed."""
    return Source(PurePosixPath(path), text, ast.parse(text))


def read_sources(root: Path) -> list[Source]:
    """Return every file of Python that people wrote in the packages and in the tests."""
    paths = sorted(path for folder in (*PACKAGES, "tests") for path in (root / folder).rglob("*.py"))
    sources = (path for path in paths if GENERATED not in path.stem)
    return [source_of(path.relative_to(root).as_posix(), path.read_text("utf-8")) for path in sources]


def long_functions(source: Source) -> Iterator[str]:
    """Yield functions that do not fit on a screen; a decorator does not count, a docstring does."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{source.path}:{node.lineno}: {node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"


def long_file(source: Source) -> Iterator[str]:
    """Yield the file when it is too long for one responsibility."""
    lines = len(source.text.splitlines())
    if lines > FILE_LINES_MAX:
        yield f"{source.path}: {lines} lines, at most {FILE_LINES_MAX}"


def missing_docstring(source: Source) -> Iterator[str]:
    """Yield the file when it does not say what it is for."""
    if not ast.get_docstring(source.tree):
        yield f"{source.path}: no docstring"


def to_dos(source: Source) -> Iterator[str]:
    """Yield comments that put work off."""
    if not _TO_DO.search(source.text):
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and _TO_DO.search(token.string):
            yield f"{source.path}:{token.start[0]}: {token.string}"


def prints(source: Source) -> Iterator[str]:
    """Yield calls of `print` where there is a log or a reply; commands and benchmarks print."""
    if source.package in {"simulations", COMPOSITION_ROOT}:
        return
    for name, line, _ in _uses(source.tree):
        if name == "print":
            yield f"{source.path}:{line}: print"


def real_sleeps(source: Source) -> Iterator[str]:
    """Yield sleeps of a test that has no mock clock, sleeps of a whole thread, and uses of another loop.

    The console is a client program on textual, which takes asyncio's loop; one file of the tests starts that.
    """
    if source.package != "tests":
        return
    for _, target in _imports(source.tree):
        if target.partition(".")[0] == "asyncio" and str(source.path) != CONSOLE_PILOT:
            yield f"{source.path}: {target}"
    mocked = any(_name_of(node).rpartition(".")[2] in MOCK_CLOCKS for node in ast.walk(source.tree))
    for name, line, _ in _uses(source.tree):
        if name == "time.sleep" or (name in SLEEPS and not mocked):
            yield f"{source.path}:{line}: {name}"


def wall_clocks(source: Source) -> Iterator[str]:
    """Yield reads of the time outside the composition root; `time.perf_counter` measures work and tells no time.

    The clients of the socket benchmark compare what another process wrote with the time at which they read it.
    """
    if source.package == COMPOSITION_ROOT or str(source.path) == SOCKET_CLIENTS:
        return
    for name, line, _ in _uses(source.tree):
        if name in WALL_CLOCKS:
            yield f"{source.path}:{line}: {name}"


def system_randomness(source: Source) -> Iterator[str]:
    """Yield uses of randomness that no seed governs, outside the composition root."""
    if source.package == COMPOSITION_ROOT:
        return
    for name, line, seeded in _uses(source.tree):
        module, _, function = name.rpartition(".")
        if (
            name in SYSTEM_RANDOMNESS
            or module == "secrets"
            or (name in SEEDABLE and not seeded)
            or (module in {"random", "numpy.random"} and function.islower() and name not in SEEDABLE)
        ):
            yield f"{source.path}:{line}: {name}"


@cache
def _uses(tree: ast.Module) -> tuple[tuple[str, int, bool], ...]:
    """Return every name that is read, by its full name behind imports; its line; False for a call without arguments.

    A name that is read but not called counts as one with arguments: a type annotation asks for no randomness.
    """
    imported = dict(_imports(tree))
    nodes = tuple(ast.walk(tree))
    bare_calls = {id(node.func) for node in nodes if isinstance(node, ast.Call) and not (node.args or node.keywords)}
    read = ((node, _name_of(node)) for node in nodes if isinstance(node, ast.Name | ast.Attribute))
    named = ((node, *dotted.partition(".")) for node, dotted in read if dotted)
    return tuple(
        (imported.get(head, head) + dot + rest, node.lineno, id(node) not in bare_calls)
        for node, head, dot, rest in named
    )


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what each imported name stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _name_of(node: ast.AST) -> str:
    """Return the dotted name that an expression spells, or nothing when it is more than a name."""
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            owner = _name_of(value)
            return f"{owner}.{attribute}" if owner else ""
        case _:
            return ""
