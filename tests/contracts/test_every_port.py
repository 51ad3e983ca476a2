"""The table of contracts is whole: every port, everything that implements one, and every method is in a case."""

import ast
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules, walk_packages
from types import ModuleType
from typing import Final

import actors
import net
import persistence
import simulations
import tradefloor
from actors import ports
from tests.contracts.twins import APART, TWINS, fixture_name

PRODUCT: Final = (actors, net, persistence, simulations, tradefloor)
DOUBLES: Final = ("tests.fakes.notifications", "tests.fakes.people", "tests.fakes.simulations", "tests.actors.headless")
"""Where the tests' own implementations live; a stub of one test stays in its file."""

CASES: Final = sorted(Path(__file__).parent.glob("test_*.py"))


def classes_of(module: ModuleType) -> Iterator[type]:
    """Yield the classes that a module defines itself."""
    for value in vars(module).values():
        if inspect.isclass(value) and value.__module__ == module.__name__:
            yield value


def is_protocol(kind: type) -> bool:
    """Say whether a class is a protocol, and no implementation."""
    return bool(getattr(kind, "_is_protocol", False))


def ports_there_are() -> set[type]:
    """Return the protocols of `actors.ports`."""
    modules = [import_module(f"actors.ports.{found.name}") for found in iter_modules(ports.__path__)]
    return {kind for module in modules for kind in classes_of(module) if is_protocol(kind)}


def methods_of(port: type) -> set[str]:
    """Return the names of what a port is asked."""
    return {name for name, value in vars(port).items() if callable(value) and not name.startswith("_")}


def implementations(port: type) -> set[type]:
    """Return the classes of the product, and of what the tests share, that are whole and have a port's every method."""
    for package in PRODUCT:
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                import_module(found.name)
    names = {package.__name__ for package in PRODUCT}
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] in names]
    modules += [import_module(name) for name in DOUBLES]
    return {
        kind
        for module in modules
        for kind in classes_of(module)
        if not (is_protocol(kind) or inspect.isabstract(kind))
        and all(callable(getattr(kind, method, None)) for method in methods_of(port))
    }


def arguments(case: Path) -> set[str]:
    """Return the names of the fixtures that a file of cases asks for."""
    functions = (
        node for node in ast.walk(ast.parse(case.read_text("utf-8"))) if isinstance(node, ast.AsyncFunctionDef)
    )
    return {argument.arg for function in functions for argument in function.args.args}


def calls(case: Path) -> set[str]:
    """Return the names of the methods that a file of cases calls."""
    nodes = (node for node in ast.walk(ast.parse(case.read_text("utf-8"))) if isinstance(node, ast.Call))
    return {node.func.attr for node in nodes if isinstance(node.func, ast.Attribute)}


def test_every_port_has_a_contract() -> None:
    """A new protocol in `actors.ports` needs a row in the table."""
    assert ports_there_are() == set(TWINS)


def test_every_implementation_is_held_to_its_contract() -> None:
    """Whatever has all methods of a port stands in its row, or apart with a reason, and nothing else does."""
    found = {port.__name__: {kind.__name__ for kind in implementations(port)} for port in TWINS}
    table = {
        port.__name__: {twin.kind.__name__ for twin in twins} | {kind.__name__ for one, kind in APART if one is port}
        for port, twins in TWINS.items()
    }

    assert table == found


def test_every_method_of_a_port_is_in_a_case() -> None:
    """In a file that plays the port's cases on all its implementations."""
    untried = {
        port.__name__: methods_of(port)
        - {name for case in CASES if fixture_name(port) in arguments(case) for name in calls(case)}
        for port in TWINS
    }

    assert untried == {port.__name__: set() for port in TWINS}
