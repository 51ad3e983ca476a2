"""People over HTTP."""

from functools import partial

import trio
from trio.testing import MockClock

from actors.model import Role
from tests.net.http.harness import PASSWORD, served

AT = "/api/v1/users"
ADA = {"email": "ada@example.com", "role": "trader", "password": "first password"}


async def test_a_person_is_added_and_signs_in(mock_clock: MockClock) -> None:
    """They are listed with the others, without a word of their password."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        added = await edge.call("POST", AT, ADA, token=admin)
        assert (added.status, added.headers["location"]) == (201, f"{AT}/usr_1")
        assert added.json == {
            "userId": "usr_1",
            "email": "ada@example.com",
            "role": "trader",
            "disabled": False,
            "createdAt": "2026-02-17T12:00:00.000000Z",
        }
        login = {"email": "ada@example.com", "password": "first password"}
        assert (await edge.call("POST", "/api/v1/auth/login", login)).status == 200
        listed = (await edge.call("GET", AT, token=admin)).json["items"]
        assert [user["email"] for user in listed] == ["boss@example.com", "ada@example.com"]


async def test_an_address_is_taken_once(mock_clock: MockClock) -> None:
    """Compared without case; the field is named."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await edge.call("POST", AT, ADA, token=admin)
        again = await edge.call("POST", AT, ADA | {"email": "ADA@example.com"}, token=admin)
        assert (again.status, again.slug, list(again.fields)) == (409, "email-taken", ["email"])


async def test_short_passwords_and_odd_addresses_are_refused(mock_clock: MockClock) -> None:
    """Each field is named."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        answer = await edge.call("POST", AT, {"email": "a b", "role": "king", "password": "short"}, token=admin)
        assert answer.fields == {
            "email": "must be an e-mail address",
            "role": "must be one of viewer, trader, approver, admin",
            "password": "must have 8 to 256 characters, not 5",
        }


async def test_of_two_changes_at_once_none_undoes_the_other(mock_clock: MockClock) -> None:
    """Whoever is shut out stays so, also when somebody else sets a new password in the same moment."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await edge.user("ann")
        async with trio.open_nursery() as nursery:
            for change in ({"password": "another password"}, {"disabled": True}, {"role": "viewer"}):
                nursery.start_soon(partial(edge.call, "PATCH", f"{AT}/usr_ann", change, token=admin))
        ann = edge.people.everybody["usr_ann"]
        assert (ann.disabled, ann.role) == (True, Role.VIEWER)
        assert await edge.auth.passwords.fits(ann.password_hash, "another password")


async def test_a_role_changes_at_once(mock_clock: MockClock) -> None:
    """The next request with the same token has the new role."""
    async with served() as edge:
        admin, ann = await edge.user("boss", Role.ADMIN), await edge.user("ann", Role.VIEWER)
        await edge.call("GET", "/api/v1/auth/me", token=ann)
        changed = await edge.call("PATCH", f"{AT}/usr_ann", {"role": "approver"}, token=admin)
        assert (changed.status, changed.json["role"]) == (200, "approver")
        assert (await edge.call("GET", "/api/v1/auth/me", token=ann)).json["role"] == "approver"


async def test_who_is_shut_out_is_out_at_once(mock_clock: MockClock) -> None:
    """Neither token nor password is good; let in again, the old token stays dead."""
    async with served() as edge:
        admin, ann = await edge.user("boss", Role.ADMIN), await edge.user("ann")
        await edge.call("PATCH", f"{AT}/usr_ann", {"disabled": True}, token=admin)
        assert (await edge.call("GET", "/api/v1/auth/me", token=ann)).status == 401
        login = {"email": "ann@example.com", "password": PASSWORD}
        assert (await edge.call("POST", "/api/v1/auth/login", login)).status == 401
        await edge.call("PATCH", f"{AT}/usr_ann", {"disabled": False}, token=admin)
        assert (await edge.call("GET", "/api/v1/auth/me", token=ann)).status == 401
        assert (await edge.call("POST", "/api/v1/auth/login", login)).status == 200


async def test_a_new_password_ends_the_sign_ins(mock_clock: MockClock) -> None:
    """The old one is good no more."""
    async with served() as edge:
        admin, ann = await edge.user("boss", Role.ADMIN), await edge.user("ann")
        await edge.call("PATCH", f"{AT}/usr_ann", {"password": "second password"}, token=admin)
        assert (await edge.call("GET", "/api/v1/auth/me", token=ann)).status == 401
        login = {"email": "ann@example.com", "password": "second password"}
        assert (await edge.call("POST", "/api/v1/auth/login", login)).status == 200


async def test_nobody_saws_the_branch_they_sit_on(mock_clock: MockClock) -> None:
    """One's own role and standing are another admin's business; one's own password is not."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        for changes in ({"disabled": True}, {"role": "viewer"}):
            answer = await edge.call("PATCH", f"{AT}/usr_boss", changes, token=admin)
            assert (answer.status, answer.slug) == (409, "own-standing")
        assert (await edge.call("PATCH", f"{AT}/usr_0", {}, token=admin)).slug == "user-not-found"
        assert (await edge.call("PATCH", f"{AT}/usr_boss", {"role": "admin"}, token=admin)).status == 200
