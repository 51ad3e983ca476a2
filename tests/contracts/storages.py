"""The kinds of storage, opened for their contracts."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from persistence.in_loop import InLoopSqliteStore
from persistence.memory import MemoryStore
from persistence.people import SqlitePeople
from persistence.store import SqliteStore, open_store
from simulations.chaos.storage import Disk
from simulations.ports.fleeting import FleetingStore
from simulations.ports.storage import FaultyStorage
from tests.actors.headless import ScriptedStore
from tests.contracts.stages import Around, Opened, Storage, Twin, made
from tests.fakes.people import FakePeople

FILE = "floor.db"


def whole(store: MemoryStore | SqliteStore) -> Storage:
    """Return the storage of one object that is asked for everything."""
    return Storage(store, store, store, store)


def on_disk(kind: type[SqliteStore], *, is_closed: bool = False) -> Callable[[Around], Opened]:
    """Return what opens a database. One that was closed cannot do anything any more."""

    @asynccontextmanager
    async def opened(around: Around) -> AsyncIterator[Storage]:
        store = open_store(around.folder / FILE, kind)
        try:
            if is_closed:
                store.close()
            yield whole(store)
        finally:
            store.close()

    return opened


def dead_disk(_around: Around) -> Storage:
    """Return the disk of chaos without power; one that is only full can be read."""
    disk = Disk(random.Random(1))  # noqa: S311 - a seeded draw
    disk.is_powered = False
    return whole(disk)


def scripted(_around: Around, *, unavailable: bool = False) -> Storage:
    """Return the storage of headless tests."""
    store = ScriptedStore()
    store.unavailable = unavailable
    return whole(store)


def faulty(_around: Around, *, unavailable: bool = False) -> Storage:
    """Return the storage of simulations, which stands before another one."""
    memory = MemoryStore()
    storage = FaultyStorage(memory)
    storage.unavailable = unavailable
    return Storage(storage, storage, memory, memory)


def forgetful(_around: Around) -> Storage:
    """Return the storage of large simulations, which has no past to be asked for."""
    store = FleetingStore()
    return Storage(store, store, MemoryStore(), store)


def people_on_disk(*, is_closed: bool = False) -> Callable[[Around], Opened]:
    """Return what opens the people of a floor's database."""

    @asynccontextmanager
    async def opened(around: Around) -> AsyncIterator[SqlitePeople]:
        store = open_store(around.folder / FILE)
        people = SqlitePeople(store)
        try:
            if is_closed:
                store.close()
            yield people
        finally:
            store.close()

    return opened


def lost_people(_around: Around) -> FakePeople:
    """Return people in memory who cannot be reached."""
    people = FakePeople()
    people.unavailable = True
    return people


WHOLE = (
    Twin(MemoryStore, made(lambda _around: whole(MemoryStore()))),
    Twin(SqliteStore, on_disk(SqliteStore), on_disk(SqliteStore, is_closed=True)),
    Twin(InLoopSqliteStore, on_disk(InLoopSqliteStore), on_disk(InLoopSqliteStore, is_closed=True)),
    Twin(Disk, made(lambda _around: whole(Disk(random.Random(1)))), made(dead_disk)),  # noqa: S311 - a seeded draw
    Twin(ScriptedStore, made(scripted), made(lambda around: scripted(around, unavailable=True))),
)
"""What implements the three ports to storage in one."""

FLEETING = Twin(FleetingStore, made(forgetful))
FAULTY = Twin(FaultyStorage, made(faulty), made(lambda around: faulty(around, unavailable=True)))
PEOPLE = (
    Twin(SqlitePeople, people_on_disk(), people_on_disk(is_closed=True)),
    Twin(FakePeople, made(lambda _around: FakePeople()), made(lost_people)),
)
