"""Specifications refuse what cannot be built."""

import math
from typing import Any

import pytest

from supervisor import Backoff, ChildSpec, MailboxSpec, SupervisorSpec
from tests.supervisor.samples import Sample


@pytest.mark.parametrize("name", ["a/b", "a*", "a?", "a[b]"])
def test_name_that_a_path_or_pattern_would_misread_is_refused(name: str) -> None:
    """Names are parts of paths and targets of patterns."""
    with pytest.raises(ValueError, match="name"):
        ChildSpec(name, Sample)
    with pytest.raises(ValueError, match="name"):
        SupervisorSpec(name)


@pytest.mark.parametrize("names", [("a", "a"), ("a", "")])
def test_children_need_names_of_their_own(names: tuple[str, str]) -> None:
    """Two children of one name, or one without, cannot be told apart."""
    with pytest.raises(ValueError, match="names of their own"):
        SupervisorSpec("s", children=[ChildSpec(name, Sample) for name in names])


def test_mailbox_holds_at_least_one_message() -> None:
    """A mailbox without room would never deliver."""
    with pytest.raises(ValueError, match="at least one"):
        MailboxSpec(capacity=0)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.1])
@pytest.mark.parametrize("name", ["base_s", "factor", "max_s", "jitter", "reset_after_s"])
def test_a_backoff_is_made_of_finite_numbers_that_are_not_negative(name: str, number: float) -> None:
    """With a wait that is no number, or in the past, an actor would never come back, or at once for ever."""
    changed: dict[str, Any] = {name: number}
    with pytest.raises(ValueError, match=f"{name} is a finite number of at least 0, not {number}"):
        Backoff(**changed)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.1])
@pytest.mark.parametrize("name", ["shutdown_s", "passivate_after_s", "period_s"])
def test_the_times_of_a_child_are_finite_and_not_negative(name: str, number: float) -> None:
    """None is the way to say that an actor never turns passive."""
    changed: dict[str, Any] = {name: number}
    with pytest.raises(ValueError, match=f"{name} is a finite number of at least 0, not {number}"):
        ChildSpec("a", Sample, **changed)
