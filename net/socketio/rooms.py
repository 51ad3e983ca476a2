"""Who is in which room: a pure index, looked up from either side."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from net.socketio.errors import TooManyRooms

Member = TypeVar("Member", bound=Hashable)


class Rooms(Generic[Member]):
    """Rooms come and go with their members. Members of a room are listed in the order in which they joined."""

    def __init__(self, rooms_per_member_max: int) -> None:
        self._rooms_max = rooms_per_member_max
        # Dicts without values, because sets would make the order of delivery a matter of hash seeds.
        self._members: dict[str, dict[Member, None]] = {}
        self._rooms: dict[Member, dict[str, None]] = {}

    def join(self, member: Member, room: str) -> None:
        """Put ``member`` into ``room``, where it may be already. Raises TooManyRooms."""
        rooms = self._rooms.setdefault(member, {})
        if room not in rooms and len(rooms) >= self._rooms_max:
            raise TooManyRooms(f"a socket may be in {self._rooms_max} rooms")
        rooms[room] = None
        self._members.setdefault(room, {})[member] = None

    def leave(self, member: Member, room: str) -> None:
        """Take ``member`` out of ``room``, where it need not be."""
        rooms = self._rooms.get(member, {})
        if room not in rooms:
            return
        del rooms[room]
        if not rooms:
            del self._rooms[member]
        members = self._members[room]
        del members[member]
        if not members:
            del self._members[room]

    def leave_all(self, member: Member) -> None:
        """Take ``member`` out of every room."""
        for room in self.rooms_of(member):
            self.leave(member, room)

    def members_of(self, room: str) -> tuple[Member, ...]:
        """Return a copy, which stays as it is while members come and go."""
        return tuple(self._members.get(room, ()))

    def rooms_of(self, member: Member) -> tuple[str, ...]:
        """Return the rooms ``member`` is in, in the order in which it joined."""
        return tuple(self._rooms.get(member, ()))
