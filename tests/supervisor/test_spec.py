"""Specifications refuse what cannot be built."""

import pytest

from supervisor import ChildSpec, MailboxSpec, SupervisorSpec
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
