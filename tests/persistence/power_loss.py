"""Lives of the real writer on a disk that loses power, each going on from what the one before left behind."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

from attrs import Factory, define, frozen

from actors.book import Book, open_book
from actors.errors import JournalUnavailable
from actors.ports.journal import AlreadyDone, Channel, Commit, Committed, IdempotencyClaim
from persistence import queries
from persistence.sqlite import Connection, DatabaseError, connect_reader, set_up_writer
from persistence.store import open_store
from persistence.verify import verify
from persistence.writer import Writer
from tests.actors.builders import a_ticket, an_agent, buy, placed
from tests.persistence.commits import change, creation
from tests.persistence.lossy_disk import Disk, Medium, lossy_connection

FILE: Final = "floor.db"
AGENTS: Final = 4
STEPS_MAX: Final = 12
OPERATIONS_MAX: Final = 260
"""About as many as a life of so many steps has, so that the power goes anywhere in it, and sometimes after it."""

CHECKPOINT_PAGES: Final = (8, 40, 4_000)
"""How often the log is checkpointed: within a life, within a few, or at its end only."""


@define
class Clients:
    """What those outside know: which trades were acknowledged, and which were asked for without an answer."""

    books: dict[str, Book] = Factory(dict)
    acknowledged: set[str] = Factory(set)
    delivered: set[int] = Factory(set)
    doubtful: list[Commit] = Factory(list)
    asked: int = 0


@frozen
class Left:
    """What a database holds after the power came back."""

    trades: Sequence[str]
    outbox: frozenset[int]
    books: Mapping[str, Book]
    findings: Sequence[str]


def first_files(folder: Path) -> tuple[Mapping[str, bytes], Clients]:
    """Return the files of a floor with a few agents, whose power never went, and what is known of it."""
    store = open_store(folder / FILE)
    agents = [an_agent(agent_id=f"agt_{number}") for number in range(AGENTS)]
    store._writer.commit([creation(agent) for agent in agents])
    store.close()
    return {FILE: (folder / FILE).read_bytes()}, Clients({agent.agent_id: open_book(agent) for agent in agents})


def live(files: Mapping[str, bytes], folder: Path, rng: Random, clients: Clients, *pragmas: str) -> Mapping[str, bytes]:
    """Work on these files until the power goes, and return those that are there afterwards."""
    disk = Disk(rng.randrange(1, OPERATIONS_MAX))
    disk.media.update({name: Medium(content) for name, content in files.items()})
    with lossy_connection(_laid_out(files, folder), disk) as connection:
        try:
            set_up_writer(connection)
            for pragma in (f"wal_autocheckpoint={rng.choice(CHECKPOINT_PAGES)}", *pragmas):
                connection.execute(f"PRAGMA {pragma}")
            writer = Writer(connection)
            _work(writer, connection, rng, clients)
            writer.close()
        except (JournalUnavailable, DatabaseError):
            assert disk.is_off, "the writer failed while there was power"
    return disk.after_power_loss(rng)


def recovered(files: Mapping[str, bytes], folder: Path) -> Left:
    """Start on these files as the program does, and return what it finds; the files themselves stay as they are."""
    path = _laid_out(files, folder)
    try:
        store = open_store(path)
    except JournalUnavailable as error:
        return Left((), frozenset(), {}, [str(error)])
    books = {agent.agent_id: book for agent, book in store.agents()}
    store.close()
    report = verify(path)
    connection = connect_reader(path)
    trades = [trade_id for (trade_id,) in connection.execute("SELECT trade_id FROM trades")]
    outbox = frozenset(entry_id for (entry_id,) in connection.execute("SELECT entry_id FROM outbox"))
    connection.close()
    return Left(trades, outbox, books, [str(finding) for finding in report.findings])


def faults(left: Left, clients: Clients) -> list[str]:
    """Return what is wrong with what is left, beside what the clients know."""
    found = list(left.findings)
    doubtful = {_trade_of(commit) for commit in clients.doubtful}
    there = set(left.trades)
    if len(there) != len(left.trades):
        found.append("a trade is there twice")
    if clients.acknowledged - there:
        found.append(f"acknowledged trades are lost: {sorted(clients.acknowledged - there)}")
    beyond = there - clients.acknowledged
    if beyond not in (set(), doubtful):
        found.append(f"trades are there that nobody asked for, or a part of a batch: {sorted(beyond)}")
    if clients.delivered & left.outbox:
        found.append(f"what was delivered would leave again: {sorted(clients.delivered & left.outbox)}")
    expected = clients.books | {commit.stream: commit.book for commit in clients.doubtful if beyond}
    if not found and dict(left.books) != expected:
        found.append("a book is not what its trades lead to")
    return found


def _work(writer: Writer, connection: Connection, rng: Random, clients: Clients) -> None:
    """Ask again for what was not answered, and then for more of everything that the writer does."""
    _trade(writer, clients, clients.doubtful)
    for _ in range(rng.randrange(1, STEPS_MAX)):
        kind = rng.random()
        if kind < 0.7:
            agents = rng.sample(sorted(clients.books), rng.randint(1, AGENTS))
            _trade(writer, clients, [_purchase(agent_id, rng, clients) for agent_id in agents])
        elif kind < 0.85:
            entries = [entry.entry_id for entry in queries.outbox(connection, Channel.METERING, 0, rng.randint(1, 20))]
            writer.delivered(entries)
            clients.delivered.update(entries)
        else:
            writer.save_prices({"AAPL": rng.randrange(1, 10**9), "TSLA": rng.randrange(1, 10**9)}, rng.randrange(10**9))


def _trade(writer: Writer, clients: Clients, batch: list[Commit]) -> None:
    """Commit a batch, which is in doubt until it is acknowledged, and note what was."""
    clients.doubtful = batch
    if not batch:
        return
    results = writer.commit(batch)
    kinds = {type(result) for result in results}
    assert kinds in ({Committed}, {AlreadyDone}), "a batch is there as a whole or not at all"
    clients.doubtful = []
    for commit in batch:
        assert commit.book is not None
        clients.acknowledged.add(_trade_of(commit))
        clients.books[commit.stream] = commit.book


def _purchase(agent_id: str, rng: Random, clients: Clients) -> Commit:
    """Return the commit of a small purchase, under a key by which it can be asked for again."""
    clients.asked += 1
    agent = an_agent(agent_id=agent_id)
    ticket = a_ticket(clients.asked, price_micros=rng.randrange(1, 2_000_000))
    outcome = placed(clients.books[agent_id], buy(quantity=1), ticket, agent=agent)
    return change(agent, outcome, claim=IdempotencyClaim("usr_owner", ticket.trade_id, ticket.trade_id))


def _trade_of(commit: Commit) -> str:
    assert commit.claim is not None
    return commit.claim.key


def _laid_out(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put files into a folder without others, and return where the database is."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / FILE
