"""Tests of quickly made frozen objects: they are what attrs alone makes of the same class, in everything but time."""

from collections.abc import Mapping
from copy import copy

import attrs
import pytest
from attrs import evolve, field, frozen
from attrs.exceptions import FrozenInstanceError

from actors.quick import quick


@quick
@frozen
class Stamp:
    """Something without a check."""

    cents: int


@quick
@frozen
class Parcel:
    """Something with a default of each kind."""

    name: str
    weight: int = 3
    marks: Mapping[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Refuse what weighs nothing."""
        if not self.weight:
            raise ValueError("a parcel weighs something")


def test_arguments_and_defaults_are_those_of_attrs() -> None:
    """By place or by name; a factory is called for each object."""
    one, other = Parcel("a"), Parcel("a")
    assert (one.name, one.weight, one.marks) == ("a", 3, {})
    assert one.marks is not other.marks
    assert Parcel("a", 4, {"to": "b"}) == Parcel(marks={"to": "b"}, name="a", weight=4)
    assert Stamp(85) == Stamp(cents=85)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        Parcel()  # type: ignore[call-arg] # that is the point


def test_it_is_of_its_class_and_frozen() -> None:
    """Once made, nothing is set or deleted, also not in what `evolve` and `copy` make of it."""
    parcel = Parcel("a")
    for made in (parcel, evolve(parcel, weight=5), copy(parcel)):
        assert type(made) is Parcel
        with pytest.raises(FrozenInstanceError):
            made.weight = 7  # type: ignore[misc] # that is the point
        with pytest.raises(FrozenInstanceError):
            del made.weight
        assert not hasattr(made, "__dict__")
    assert repr(evolve(parcel, weight=5)) == "Parcel(name='a', weight=5, marks={})"
    assert attrs.asdict(parcel) == {"name": "a", "weight": 3, "marks": {}}


def test_a_check_after_the_making_refuses() -> None:
    """As `__attrs_post_init__` does with attrs alone."""
    with pytest.raises(ValueError, match="weighs something"):
        Parcel("a", 0)


def test_a_field_that_asks_for_more_is_refused() -> None:
    """Validators and converters would be left out without a word."""

    @frozen
    class Checked:
        weight: int = field(converter=int)

    with pytest.raises(TypeError, match="weight is not a plain field"):
        quick(Checked)
