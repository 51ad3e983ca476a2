"""The index of rooms agrees from either side, and forgets what is empty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.socketio.errors import TooManyRooms
from net.socketio.rooms import Rooms

moves = st.tuples(st.sampled_from(["join", "leave", "leave_all"]), st.sampled_from("abc"), st.sampled_from("xyz"))


@given(st.lists(moves))
def test_both_sides_agree(steps: list[tuple[str, str, str]]) -> None:
    """Members and rooms tell the same story as a set of pairs."""
    rooms: Rooms[str] = Rooms(10)
    pairs: set[tuple[str, str]] = set()
    for verb, member, room in steps:
        if verb == "join":
            rooms.join(member, room)
            pairs.add((member, room))
        elif verb == "leave":
            rooms.leave(member, room)
            pairs.discard((member, room))
        else:
            rooms.leave_all(member)
            pairs = {pair for pair in pairs if pair[0] != member}
    assert {(member, room) for room in "xyz" for member in rooms.members_of(room)} == pairs
    assert {(member, room) for member in "abc" for room in rooms.rooms_of(member)} == pairs


def test_members_are_listed_in_the_order_of_joining() -> None:
    """Delivery does not depend on hash seeds."""
    rooms: Rooms[str] = Rooms(10)
    for member in ("c", "a", "b", "a"):
        rooms.join(member, "x")
    assert rooms.members_of("x") == ("c", "a", "b")


def test_a_member_has_a_limit_of_rooms() -> None:
    """A room it is in already costs nothing."""
    rooms: Rooms[str] = Rooms(1)
    rooms.join("a", "x")
    rooms.join("a", "x")
    with pytest.raises(TooManyRooms):
        rooms.join("a", "y")
    assert rooms.members_of("y") == ()
