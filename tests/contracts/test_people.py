"""The contract of the storage of people, kept by the one in the floor's database and by the fake."""

import pytest
import trio
from attrs import evolve

from actors.errors import JournalUnavailable
from actors.model import Role
from actors.ports.people import AgentKey, EmailTaken, People, Rotation, SignIn
from tests.actors.builders import DAY_US, NOW_US, OWNER
from tests.persistence.commits import a_user

USER = a_user()
OTHER = a_user(user_id="usr_0", email="other@example.com")
SIGN_IN = SignIn("ses_1", USER.user_id, "hash-1", NOW_US, NOW_US + DAY_US)
KEY = AgentKey("key_1", "agt_1", USER.user_id, "bot", "hash-of-key-1", "wxyz", NOW_US)


@pytest.fixture(name="people")
async def two_people(people: People) -> People:
    """Add two people, who are not in the order of their ids."""
    for user in (USER, OTHER):
        await people.save_user(user, OWNER, NOW_US, "cor_1")
    return people


async def test_people_are_found_by_id_and_by_address_without_case(people: People) -> None:
    """Nobody else is."""
    assert await people.user("usr_1") == USER
    assert await people.user_by_email("oLIVE@eXAMPLE.COM") == USER
    assert await people.user("usr_9") is None
    assert await people.user_by_email("nobody@example.com") is None


async def test_people_are_listed_in_the_order_in_which_they_were_added(people: People) -> None:
    """A later change of somebody does not move them."""
    changed = evolve(USER, role=Role.ADMIN, disabled=True, password_hash="another")

    await people.save_user(changed, OWNER, NOW_US + 1, None)

    assert list(await people.users()) == [changed, OTHER]


async def test_an_address_belongs_to_one_person(people: People) -> None:
    """Also in another case; whose it is may write it otherwise."""
    with pytest.raises(EmailTaken):
        await people.save_user(evolve(OTHER, email="OLIVE@example.com"), OWNER, NOW_US, None)
    renamed = evolve(USER, email="OLIVE@example.com")
    await people.save_user(renamed, OWNER, NOW_US, None)

    assert list(await people.users()) == [renamed, OTHER]


async def test_a_refresh_token_is_exchanged_for_the_next(people: People) -> None:
    """The sign-in keeps its times; its newest token is the good one."""
    await people.open_sign_in(SIGN_IN, None)
    assert await people.sign_in("ses_1") == SIGN_IN

    assert await people.rotate("ses_1", "hash-1", "hash-2", NOW_US + 1, None) is Rotation.ROTATED
    assert await people.sign_in("ses_1") == evolve(SIGN_IN, token_hash="hash-2")
    assert await people.rotate("ses_1", "hash-2", "hash-3", NOW_US + 2, None) is Rotation.ROTATED


async def test_a_token_that_comes_again_revokes_its_family(people: People) -> None:
    """The newest token of the family is then good no more."""
    await people.open_sign_in(SIGN_IN, None)
    await people.rotate("ses_1", "hash-1", "hash-2", NOW_US + 1, None)

    assert await people.rotate("ses_1", "hash-1", "hash-3", NOW_US + 2, None) is Rotation.REUSED
    assert await people.rotate("ses_1", "hash-2", "hash-3", NOW_US + 3, None) is Rotation.ENDED
    expected = evolve(SIGN_IN, token_hash="hash-2", revoked_at_us=NOW_US + 2)
    assert await people.sign_in("ses_1") == expected


async def test_of_many_attempts_with_one_token_one_succeeds(people: People) -> None:
    """The next one finds it reused, and the rest find the family ended."""
    await people.open_sign_in(SIGN_IN, None)
    outcomes: list[Rotation] = []

    async def attempt(number: int) -> None:
        outcomes.append(await people.rotate("ses_1", "hash-1", f"next-{number}", NOW_US + number, None))

    async with trio.open_nursery() as nursery:
        for number in range(8):
            nursery.start_soon(attempt, number)

    assert sorted(outcomes) == sorted([Rotation.ROTATED, Rotation.REUSED, *[Rotation.ENDED] * 6])
    sign_in = await people.sign_in("ses_1")
    assert sign_in is not None
    assert sign_in.revoked_at_us is not None


async def test_a_family_that_is_unknown_revoked_or_expired_has_ended(people: People) -> None:
    """It expires at its time, not after it."""
    await people.open_sign_in(SIGN_IN, None)

    assert await people.rotate("ses_9", "hash-1", "hash-2", NOW_US, None) is Rotation.ENDED
    assert await people.rotate("ses_1", "hash-1", "hash-2", NOW_US + DAY_US, None) is Rotation.ENDED
    assert await people.rotate("ses_1", "hash-1", "hash-2", NOW_US + DAY_US - 1, None) is Rotation.ROTATED
    await people.end_sign_in("ses_1", NOW_US + 1, None)
    assert await people.rotate("ses_1", "hash-2", "hash-3", NOW_US + 2, None) is Rotation.ENDED


async def test_a_sign_in_ends_once(people: People) -> None:
    """The first time stands; ending what is unknown has no effect."""
    await people.open_sign_in(SIGN_IN, None)

    for at_us in (NOW_US + 1, NOW_US + 2):
        await people.end_sign_in("ses_1", at_us, None)
    await people.end_sign_in("ses_9", NOW_US, None)

    assert await people.sign_in("ses_1") == evolve(SIGN_IN, revoked_at_us=NOW_US + 1)
    assert await people.sign_in("ses_9") is None


async def test_all_sign_ins_of_a_person_end_together(people: People) -> None:
    """Those that ended before keep their time, and other people's go on."""
    sign_ins = [evolve(SIGN_IN, family_id=f"ses_{number}") for number in (1, 2, 3)]
    others = evolve(SIGN_IN, family_id="ses_other", user_id=OTHER.user_id)
    for sign_in in (*sign_ins, others):
        await people.open_sign_in(sign_in, None)
    await people.end_sign_in("ses_2", NOW_US + 1, None)

    for at_us in (NOW_US + 2, NOW_US + 3):
        await people.end_sign_ins_of(USER.user_id, at_us, None)

    kept = [await people.sign_in(family_id) for family_id in ("ses_1", "ses_2", "ses_3", "ses_other")]
    assert [sign_in and sign_in.revoked_at_us for sign_in in kept] == [NOW_US + 2, NOW_US + 1, NOW_US + 2, None]


async def test_keys_are_listed_by_agent_oldest_first(people: People) -> None:
    """A key is found by its hash."""
    second = evolve(KEY, key_id="key_0", key_hash="hash-of-key-0")
    foreign = evolve(KEY, key_id="key_9", agent_id="agt_9", key_hash="hash-of-key-9")
    for key in (KEY, second, foreign):
        await people.add_key(key, OWNER, "cor_2")

    assert list(await people.keys("agt_1")) == [KEY, second]
    assert list(await people.keys("agt_8")) == []
    assert await people.key_by_hash("hash-of-key-0") == second
    assert await people.key_by_hash("hash-of-nothing") is None


async def test_a_key_is_revoked_once_and_for_its_agent_only(people: People) -> None:
    """It is listed no more, and still found by its hash."""
    await people.add_key(KEY, OWNER, None)

    assert not await people.revoke_key("agt_9", "key_1", OWNER, NOW_US + 1, None)
    assert not await people.revoke_key("agt_1", "key_9", OWNER, NOW_US + 1, None)
    assert await people.revoke_key("agt_1", "key_1", OWNER, NOW_US + 2, "cor_3")
    assert not await people.revoke_key("agt_1", "key_1", OWNER, NOW_US + 3, None)
    assert list(await people.keys("agt_1")) == []
    assert await people.key_by_hash("hash-of-key-1") == evolve(KEY, revoked_at_us=NOW_US + 2)


async def test_storage_that_cannot_says_so_at_once(people_away: People) -> None:
    """Whatever it is asked for."""
    for call in (
        people_away.user("usr_1"),
        people_away.user_by_email("olive@example.com"),
        people_away.users(),
        people_away.save_user(USER, OWNER, NOW_US, None),
        people_away.open_sign_in(SIGN_IN, None),
        people_away.sign_in("ses_1"),
        people_away.rotate("ses_1", "hash-1", "hash-2", NOW_US, None),
        people_away.end_sign_in("ses_1", NOW_US, None),
        people_away.end_sign_ins_of("usr_1", NOW_US, None),
        people_away.add_key(KEY, OWNER, None),
        people_away.keys("agt_1"),
        people_away.key_by_hash("hash-of-key-1"),
        people_away.revoke_key("agt_1", "key_1", OWNER, NOW_US, None),
    ):
        with pytest.raises(JournalUnavailable):
            await call
