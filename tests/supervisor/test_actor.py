"""Actors as classes: the table of handlers."""

import pytest

from supervisor import Actor, ChildSpec, SupervisorSpec, handles, open_system
from tests.supervisor.samples import Add, Get, Sample


class Doubling(Sample):
    """Overrides one handler by name, and takes another message with a method of its own."""

    def add(self, message: Add) -> int:
        """Add twice."""
        self.sum += 2 * message.amount
        return self.sum

    @handles(Get)
    def get_negative(self, message: Get) -> int:
        """Answer with the sum turned round."""
        return -self.sum


async def test_handlers_are_inherited_and_overridden() -> None:
    """By the method's name, or by a new handler for the message."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("d", Doubling)])) as system:
        assert await system.ref("/d").ask(Add(2)) == 4
        assert await system.ref("/d").ask(Get()) == -4


def test_two_handlers_for_one_message_are_refused() -> None:
    """Which one it would be must not depend on the order of lines."""
    with pytest.raises(TypeError, match="two handlers for Get"):

        class Torn(Actor):
            @handles(Get)
            def one(self, message: Get) -> int:
                return 1

            @handles(Get)
            def two(self, message: Get) -> int:
                return 2


def test_actor_shows_no_state_by_default() -> None:
    """What an operator may see is said by the actor."""
    assert Actor().inspect() == {}


def test_reply_types_are_for_the_type_checker_only() -> None:
    """The tie between message and reply has no meaning at run time."""
    with pytest.raises(NotImplementedError):
        Get._reply_type()
