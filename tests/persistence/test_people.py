"""People in the floor's database: what the log says of them, and that verification compares the two."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve

from actors.errors import JournalUnavailable, NotStorable
from actors.events import (
    Event,
    KeyCreated,
    KeyRevoked,
    UserChanged,
    UserPasswordChanged,
    UserRefreshed,
    UserRefreshReused,
    UserSignedIn,
    UserSignedOut,
)
from actors.model import FLOOR, Principal, Role
from actors.ports.people import AgentKey, EmailTaken, SignIn
from persistence.people import PersonUnknown, SqlitePeople
from persistence.sqlite import DatabaseError, connect_writer
from persistence.store import SqliteStore, open_store
from persistence.verify import Report, verify
from tests.actors.builders import DAY_US, NOW_US, OWNER, an_agent
from tests.persistence.commits import a_user, creation

USER = a_user()
THEMSELF = Principal(USER.user_id, USER.email, USER.role)
SIGN_IN = SignIn("ses_1", USER.user_id, "hash-1", NOW_US, NOW_US + DAY_US)
KEY = AgentKey("key_1", "agt_1", USER.user_id, "bot", "hash-of-key-1", "wxyz", NOW_US)

CHANGED = UserChanged(USER.user_id, USER.email, USER.role, disabled=False)
SIGNED_IN = UserSignedIn(USER.user_id, "ses_1", NOW_US + DAY_US)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """Provide a store with one person."""
    store = open_store(tmp_path / "floor.db")
    await SqlitePeople(store).save_user(USER, OWNER, NOW_US, "cor_1")
    yield store
    store.close()


@pytest.fixture
def people(store: SqliteStore) -> SqlitePeople:
    """Provide the people of the store."""
    return SqlitePeople(store)


async def live(people: SqlitePeople) -> None:
    """Let a person do everything once that leaves an event."""
    await people.open_sign_in(SIGN_IN, "cor_s1")
    await people.rotate("ses_1", "hash-1", "hash-2", NOW_US + 1, "cor_s2")
    await people.rotate("ses_1", "hash-1", "hash-3", NOW_US + 2, "cor_s3")
    await people.open_sign_in(evolve(SIGN_IN, family_id="ses_2"), None)
    await people.end_sign_in("ses_2", NOW_US + 3, "cor_s4")
    await people.open_sign_in(evolve(SIGN_IN, family_id="ses_3"), None)
    await people.end_sign_ins_of(USER.user_id, NOW_US + 4, "cor_s5")
    await people.add_key(KEY, OWNER, "cor_2")
    await people.revoke_key("agt_1", "key_1", OWNER, NOW_US + 5, "cor_3")
    await people.add_key(evolve(KEY, key_id="key_2", key_hash="hash-of-key-2"), OWNER, None)
    changed = evolve(USER, role=Role.VIEWER, disabled=True, password_hash="hash-of-password-2")
    await people.save_user(changed, OWNER, NOW_US + 6, None)


async def test_every_change_is_in_the_log_with_who_made_it_and_when(store: SqliteStore, people: SqlitePeople) -> None:
    """In the person's own stream."""
    await live(people)

    expected: list[tuple[Event, Principal, int, str | None]] = [
        (CHANGED, OWNER, NOW_US, "cor_1"),
        (SIGNED_IN, THEMSELF, NOW_US, "cor_s1"),
        (UserRefreshed("usr_1", "ses_1"), THEMSELF, NOW_US + 1, "cor_s2"),
        (UserRefreshReused("usr_1", "ses_1"), FLOOR, NOW_US + 2, "cor_s3"),
        (evolve(SIGNED_IN, family_id="ses_2"), THEMSELF, NOW_US, None),
        (UserSignedOut("usr_1", "ses_2"), THEMSELF, NOW_US + 3, "cor_s4"),
        (evolve(SIGNED_IN, family_id="ses_3"), THEMSELF, NOW_US, None),
        (UserSignedOut("usr_1", "ses_3"), FLOOR, NOW_US + 4, "cor_s5"),
        (KeyCreated("key_1", "agt_1", "usr_1", "bot"), OWNER, NOW_US, "cor_2"),
        (KeyRevoked("key_1", "agt_1", "usr_1"), OWNER, NOW_US + 5, "cor_3"),
        (KeyCreated("key_2", "agt_1", "usr_1", "bot"), OWNER, NOW_US, None),
        (evolve(CHANGED, role=Role.VIEWER, disabled=True), OWNER, NOW_US + 6, None),
        (UserPasswordChanged("usr_1"), OWNER, NOW_US + 6, None),
    ]
    recorded = await store.events(["usr_1"], 0, 100)
    assert [(place.event, place.principal, place.at_us, place.correlation_id) for place in recorded] == expected
    assert list(await store.events(None, 0, 100)) == list(recorded)


async def test_no_secret_nor_its_hash_is_in_the_log(store: SqliteStore, people: SqlitePeople) -> None:
    """Nor how a key ends."""
    await live(people)

    connection = connect_writer(store.path)
    log = "\n".join(row[0] for row in connection.execute("SELECT data || principal FROM events"))
    connection.close()
    assert [part for part in ("hash", "argon2", "wxyz") if part in log] == []


async def test_what_changes_nothing_leaves_no_event(store: SqliteStore, people: SqlitePeople) -> None:
    """Saving somebody as they are, ending what has ended, refreshing what is unknown, or anything refused."""
    await people.save_user(USER, OWNER, NOW_US + 1, None)
    await people.end_sign_in("ses_9", NOW_US, None)
    await people.end_sign_ins_of("usr_1", NOW_US, None)
    await people.rotate("ses_9", "hash-1", "hash-2", NOW_US, None)
    await people.revoke_key("agt_1", "key_9", OWNER, NOW_US, None)
    with pytest.raises(EmailTaken):
        await people.save_user(a_user(user_id="usr_2"), OWNER, NOW_US, None)

    assert store.last_seq() == 1


async def test_commits_of_the_journal_and_of_people_share_one_log(store: SqliteStore, people: SqlitePeople) -> None:
    """Whichever comes first, no place in it is given twice."""
    await store.commit([creation(an_agent())])
    await people.open_sign_in(SIGN_IN, None)
    await store.commit([creation(an_agent(agent_id="agt_2"))])

    places = [(place.stream, place.seq, place.stream_seq) for place in await store.events(None, 0, 100)]
    assert places == [("usr_1", 1, 1), ("agt_1", 2, 1), ("usr_1", 3, 2), ("agt_2", 4, 1)]
    assert verify(store.path).findings == ()


async def test_text_that_is_no_unicode_is_refused(store: SqliteStore, people: SqlitePeople) -> None:
    """Nothing of it is kept, and the next change goes through."""
    with pytest.raises(NotStorable):
        await people.add_key(evolve(KEY, name="\ud800"), OWNER, None)
    assert list(await people.keys("agt_1")) == []

    await people.add_key(KEY, OWNER, None)
    assert store.last_seq() == 2


async def test_a_row_that_cannot_be_written_takes_its_event_with_it(store: SqliteStore, people: SqlitePeople) -> None:
    """A second sign-in of one id is a defect; the log does not have it."""
    await people.open_sign_in(SIGN_IN, None)
    with pytest.raises(DatabaseError, match="UNIQUE"):
        await people.open_sign_in(SIGN_IN, None)

    assert store.last_seq() == 2
    assert verify(store.path).findings == ()


async def test_nothing_is_kept_for_somebody_who_was_never_added(store: SqliteStore, people: SqlitePeople) -> None:
    """Neither a sign-in nor a key: there is no stream for it."""
    with pytest.raises(PersonUnknown):
        await people.open_sign_in(evolve(SIGN_IN, user_id="usr_9"), None)
    with pytest.raises(PersonUnknown):
        await people.add_key(evolve(KEY, user_id="usr_9"), OWNER, None)

    assert await people.sign_in("ses_1") is None
    assert list(await people.keys("agt_1")) == []
    assert store.last_seq() == 1


async def test_a_closed_store_is_unavailable(store: SqliteStore, people: SqlitePeople) -> None:
    """For reading and for writing."""
    store.close()

    with pytest.raises(JournalUnavailable):
        await people.users()
    with pytest.raises(JournalUnavailable):
        await people.rotate("ses_1", "hash-1", "hash-2", NOW_US, None)


def tamper(path: Path, statement: str) -> Report:
    """Change the file behind the floor's back and verify it."""
    connection = connect_writer(path)
    for trigger in ("events_never_change", "events_never_go"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(statement)
    connection.close()
    return verify(path)


async def test_people_in_order_pass_verification(store: SqliteStore, people: SqlitePeople) -> None:
    """After everything that leaves an event."""
    await live(people)

    report = verify(store.path)
    assert (report.findings, report.counts.users) == ((), 1)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE users SET disabled = 0", "user usr_1: the row is not what"),
        ("UPDATE sign_ins SET revoked_at_us = NULL WHERE family_id = 'ses_1'", "sign-in ses_1: the row is not what"),
        ("UPDATE sign_ins SET expires_at_us = expires_at_us + 1", "sign-in ses_2: the row is not what"),
        ("DELETE FROM sign_ins WHERE family_id = 'ses_3'", "sign-in ses_3: the row is not what"),
        ("INSERT INTO sign_ins VALUES ('ses_9', 'usr_1', 'h', 1, 2, NULL)", "sign-in ses_9: the row is not what"),
        ("INSERT INTO sign_ins VALUES ('ses_9', 'usr_9', 'h', 1, 2, NULL)", "usr_9: it has rows in sign_ins, and no"),
        ("UPDATE agent_keys SET revoked_at_us = NULL", "key key_1: the row is not what"),
        ("UPDATE agent_keys SET agent_id = 'agt_2' WHERE key_id = 'key_2'", "key key_2: the row is not what"),
        (
            "INSERT INTO agent_keys VALUES (9, 'key_9', 'agt_1', 'usr_9', 'n', 'h', 'x', 1, NULL)",
            "usr_9: it has rows in agent_keys, and no",
        ),
    ],
)
async def test_rows_that_were_changed_are_named(
    store: SqliteStore, people: SqlitePeople, statement: str, expected: str
) -> None:
    """Whatever table they are in."""
    await live(people)

    assert expected in "\n".join(map(str, tamper(store.path, statement).findings))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM events WHERE type = 'user.signed_in'", "ses_1 is not open"),
        ("UPDATE events SET data = replace(data, 'ses_2', 'ses_1') WHERE seq = 5", "ses_1 is opened a second time"),
        ("UPDATE events SET at_us = at_us * 2 WHERE type = 'user.refreshed'", "ses_1 has expired"),
        ("UPDATE events SET data = replace(data, 'ses_2', 'ses_1') WHERE seq = 6", "ses_1 is not open"),
        ("UPDATE events SET data = replace(data, 'key_2', 'key_1') WHERE seq = 11", "key_1 is made a second time"),
        ("UPDATE events SET data = replace(data, 'agt_1', 'agt_2') WHERE seq = 10", "key_1 is no good key of agt_2"),
        ("UPDATE events SET data = replace(data, 'usr_1', 'usr_2') WHERE seq = 12", "has no place in the stream of"),
    ],
)
async def test_events_that_cannot_have_followed_are_named(
    store: SqliteStore, people: SqlitePeople, statement: str, expected: str
) -> None:
    """By what the person's stream says of sign-ins and keys."""
    await live(people)

    assert expected in "\n".join(map(str, tamper(store.path, statement).findings))
