"""Making the frozen objects of which every trade needs some thirty in a third of the time.

The `__init__` that attrs writes for a frozen class with slots asks `object.__setattr__` for each field, which is what a
tenth of a simulated trade went to. The one here lets an object be of an open class while its slots are filled by plain
assignments, and of its frozen one from then on.
"""

from typing import Any, Final, TypeVar

from attrs import NOTHING, Attribute, fields

T = TypeVar("T")

_become: Final = object.__dict__["__class__"].__set__


def quick(cls: type[T]) -> type[T]:
    """Give a frozen attrs class with slots a quick `__init__`, with the same arguments, and return the class.

    It makes objects of this very class, so a subclass needs an `__init__` of its own, which attrs gives it.
    Raises TypeError for a class whose fields ask for more than a default: the attrs way stays theirs.
    """
    members = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    known = {
        "_become": _become,
        "_open": type(cls.__name__, (cls,), members | {"__module__": cls.__module__}),
        "_frozen": cls,
        "NOTHING": NOTHING,
    }
    arguments, steps = ["self"], ["_become(self, _open)"]
    for field in fields(cls):  # type: ignore[arg-type] # of a class that is none of attrs it raises
        argument, value = _filling(field, known)
        arguments.append(argument)
        steps.append(f"self.{field.name} = {value}")
    steps.append("self.__class__ = _frozen")
    if hasattr(cls, "__attrs_post_init__"):
        steps.append("self.__attrs_post_init__()")
    source = f"def __init__({', '.join(arguments)}):\n" + "".join(f"    {step}\n" for step in steps)
    exec(source, known)  # noqa: S102 - nothing but the names of the fields is in it, as in what attrs does
    made: Any = known["__init__"]
    made.__annotations__ = cls.__init__.__annotations__
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = made  # type: ignore[method-assign] # it takes the same arguments
    return cls


def _filling(field: "Attribute[Any]", known: dict[str, Any]) -> tuple[str, str]:
    """Return a field as an argument, and what it is filled with; defaults are added to what the source knows."""
    name = field.name
    if field.validator or field.converter or field.kw_only or not field.init or field.alias != name:
        raise TypeError(f"{name} is not a plain field; leave out @quick")
    if field.default is NOTHING:
        return name, name
    default = f"_default_{name}"
    factory = getattr(field.default, "factory", None)
    if factory is not None:
        known[default] = factory
        return f"{name}=NOTHING", f"{default}() if {name} is NOTHING else {name}"
    known[default] = field.default
    return f"{name}={default}", name
