"""Signing in, staying in, and getting out."""

from typing import Any

import pytest
import trio

from actors.model import FLOOR, Role, User
from actors.ports.people import SignIn
from net.auth.errors import (
    BadCredentials,
    CredentialsMissing,
    LoginBusy,
    LoginThrottled,
    RefreshRefused,
    TokenExpired,
    TokenInvalid,
)
from net.auth.identity import CACHED_MAX, RECHECK_US
from net.auth.passwords import WAITING_MAX
from net.auth.signins import ATTEMPTS_PER_ACCOUNT_MAX, ATTEMPTS_PER_IP_MAX, ATTEMPTS_PER_PAIR_MAX, ATTEMPTS_WINDOW_S
from tests.net.auth.desk import desk

PASSWORD = "correct horse"


async def test_the_right_password_opens_a_sign_in() -> None:
    """The token tells who it is; the address is compared without case."""
    at = await desk()
    tokens = await at.auth.sign_ins.sign_in("ANN@example.com", PASSWORD, "1.1.1.1")
    identity = await at.auth.identify(f"bearer {tokens.access}")
    assert (identity.principal.user_id, identity.principal.role) == ("usr_ann", Role.TRADER)
    assert identity.is_person
    assert tokens.expires_in_s == 3600


@pytest.mark.parametrize(
    ("email", "password"),
    [("ann@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("off@example.com", PASSWORD)],
)
async def test_what_is_wrong_is_not_said(email: str, password: str) -> None:
    """A wrong password, an unknown address and a disabled account are one answer."""
    at = await desk()
    with pytest.raises(BadCredentials, match="the address or the password is wrong"):
        await at.auth.sign_ins.sign_in(email, password, "1.1.1.1")


async def test_an_unknown_address_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash is checked whether or not there is an account."""
    at = await desk()
    checked: list[str] = []
    check = at.auth.passwords._check

    def watched(encoded: str, password: str) -> bool:
        checked.append(encoded)
        return check(encoded, password)

    monkeypatch.setattr(at.auth.passwords, "_check", watched)
    for email in ("ann@example.com", "nobody@example.com"):
        with pytest.raises(BadCredentials):
            await at.auth.sign_ins.sign_in(email, "wrong", "1.1.1.1")
    parameters = [encoded.split("$")[:4] for encoded in checked]
    assert parameters[0] == parameters[1]


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
async def test_failures_throttle_an_account_from_one_place(email: str) -> None:
    """Whether or not it exists; another place may still try, and time heals."""
    at = await desk()
    for _ in range(ATTEMPTS_PER_PAIR_MAX):
        with pytest.raises(BadCredentials):
            await at.auth.sign_ins.sign_in(email, "wrong", "1.1.1.1")
    with pytest.raises(LoginThrottled) as refusal:
        await at.auth.sign_ins.sign_in(email, PASSWORD, "1.1.1.1")
    assert refusal.value.retry_after_s == ATTEMPTS_WINDOW_S
    with pytest.raises(BadCredentials):
        await at.auth.sign_ins.sign_in(email, "wrong", "2.2.2.2")
    at.clock.now += ATTEMPTS_WINDOW_S * 1_000_000
    with pytest.raises(BadCredentials):
        await at.auth.sign_ins.sign_in(email, "wrong", "1.1.1.1")


async def test_failures_throttle_a_place_at_all_accounts() -> None:
    """Trying one password at many accounts ends as well."""
    at = await desk()
    for number in range(ATTEMPTS_PER_IP_MAX):
        with pytest.raises(BadCredentials):
            await at.auth.sign_ins.sign_in(f"u{number}@example.com", "wrong", "1.1.1.1")
    with pytest.raises(LoginThrottled):
        await at.auth.sign_ins.sign_in("ann@example.com", PASSWORD, "1.1.1.1")


async def test_one_place_shuts_nobody_out_elsewhere() -> None:
    """What is throttled counts for no account: the owner signs in from another place, however often one is tried."""
    at = await desk()
    for _ in range(ATTEMPTS_PER_ACCOUNT_MAX + 1):
        with pytest.raises((BadCredentials, LoginThrottled)):
            await at.auth.sign_ins.sign_in("ann@example.com", "wrong", "1.1.1.1")
    await at.auth.sign_ins.sign_in("ann@example.com", PASSWORD, "2.2.2.2")


async def test_failures_throttle_an_account_from_everywhere() -> None:
    """Many places that try together end as well."""
    at = await desk()
    for number in range(ATTEMPTS_PER_ACCOUNT_MAX):
        with pytest.raises(BadCredentials):
            await at.auth.sign_ins.sign_in("ann@example.com", "wrong", f"1.1.1.{number}")
    with pytest.raises(LoginThrottled):
        await at.auth.sign_ins.sign_in("ann@example.com", PASSWORD, "2.2.2.2")


@pytest.mark.parametrize("changes", [{"password_hash": "another"}, {"disabled": True}])
async def test_a_sign_in_ends_with_the_password_that_opened_it(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where that was changed, or the account shut, while it was looked at: no other change would end it."""
    at = await desk()
    open_sign_in = at.people.open_sign_in

    async def overtaken(sign_in: SignIn, correlation_id: str | None) -> None:
        await at.change("usr_ann", **changes)
        await at.people.end_sign_ins_of("usr_ann", at.clock.now, None)
        await open_sign_in(sign_in, correlation_id)

    monkeypatch.setattr(at.people, "open_sign_in", overtaken)
    with pytest.raises(BadCredentials):
        await at.signed_in()
    assert all(sign_in.revoked_at_us is not None for sign_in in at.people.sign_ins.values())


async def test_success_does_not_count() -> None:
    """Whoever knows the password is not shut out."""
    at = await desk()
    for _ in range(ATTEMPTS_PER_PAIR_MAX + 2):
        await at.auth.sign_ins.sign_in("ann@example.com", PASSWORD, "1.1.1.1")


async def test_refresh_tokens_rotate_and_reuse_ends_the_family() -> None:
    """The newest is good once; an older one was stolen, so nobody keeps the sign-in."""
    at = await desk()
    first = await at.signed_in()
    second = await at.auth.sign_ins.refresh(first.refresh)
    assert (await at.auth.identify(f"Bearer {second.access}")).family_id is not None
    with pytest.raises(RefreshRefused):
        await at.auth.sign_ins.refresh(first.refresh)
    with pytest.raises(RefreshRefused):
        await at.auth.sign_ins.refresh(second.refresh)
    for tokens in (first, second):
        with pytest.raises(TokenInvalid):
            await at.auth.identify(f"Bearer {tokens.access}")


async def test_of_two_refreshes_at_once_one_succeeds() -> None:
    """Two tabs with one token are a reuse like any other."""
    at = await desk()
    tokens = await at.signed_in()
    outcomes: list[bool] = []

    async def refresh() -> None:
        try:
            await at.auth.sign_ins.refresh(tokens.refresh)
        except RefreshRefused:
            outcomes.append(False)
        else:
            outcomes.append(True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(refresh)
        nursery.start_soon(refresh)
    assert sorted(outcomes) == [False, True]


@pytest.mark.parametrize("token", ["", "ses_1", "nonsense.secret"])
async def test_refresh_tokens_of_strangers_are_refused(token: str) -> None:
    """What was not issued opens nothing."""
    at = await desk()
    with pytest.raises(RefreshRefused):
        await at.auth.sign_ins.refresh(token)


async def test_a_disabled_account_cannot_refresh() -> None:
    """The sign-in ends with the standing."""
    at = await desk()
    tokens = await at.signed_in()
    await at.disable("usr_ann")
    with pytest.raises(RefreshRefused):
        await at.auth.sign_ins.refresh(tokens.refresh)


async def test_signing_out_ends_the_tokens_at_once() -> None:
    """Neither the access token nor the refresh token is good any more; other sign-ins are."""
    at = await desk()
    tokens, other = await at.signed_in(), await at.signed_in()
    identity = await at.auth.identify(f"Bearer {tokens.access}")
    await at.auth.sign_ins.sign_out(identity)
    with pytest.raises(TokenInvalid):
        await at.auth.identify(f"Bearer {tokens.access}")
    with pytest.raises(RefreshRefused):
        await at.auth.sign_ins.refresh(tokens.refresh)
    await at.auth.identify(f"Bearer {other.access}")


async def test_a_recognised_caller_is_looked_up_again_after_a_while() -> None:
    """A change that another process made shows after RECHECK_US at the latest."""
    at = await desk()
    tokens = await at.signed_in()
    await at.auth.identify(f"Bearer {tokens.access}")
    await at.disable("usr_ann")
    await at.auth.identify(f"Bearer {tokens.access}")
    at.clock.now += RECHECK_US
    with pytest.raises(TokenInvalid, match="disabled"):
        await at.auth.identify(f"Bearer {tokens.access}")


async def test_an_expired_token_is_refused_although_it_was_remembered() -> None:
    """Remembering ends with the token."""
    at = await desk()
    tokens = await at.signed_in()
    at.clock.now += 3600 * 1_000_000 - 1
    await at.auth.identify(f"Bearer {tokens.access}")
    at.clock.now += 1
    with pytest.raises(TokenExpired):
        await at.auth.identify(f"Bearer {tokens.access}")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic dXNlcg=="])
async def test_headers_without_credentials(header: str | None) -> None:
    """The message says what is wanted."""
    at = await desk()
    with pytest.raises(CredentialsMissing, match="Bearer"):
        await at.auth.identify(header)


async def test_an_agents_key_stands_for_its_agent() -> None:
    """It may trade, whatever more its owner may, and not even that when its owner may not."""
    at = await desk()
    await at.add_key("usr_boss")
    identity = await at.auth.identify("Bearer key_secret")
    assert (identity.principal.agent_id, identity.principal.role) == ("agt_1", Role.TRADER)
    assert (identity.is_person, identity.scope, identity.expires_at_us) == (False, "agt_1", None)
    await at.change("usr_boss", role=Role.VIEWER)
    at.auth.recogniser.forget(lambda known: known.principal.user_id == "usr_boss")
    assert (await at.auth.identify("Bearer key_secret")).principal.role is Role.VIEWER
    await at.auth.sign_ins.sign_out(identity)


async def test_keys_end() -> None:
    """An unknown key, a revoked one, and one of a disabled owner are refused."""
    at = await desk()
    with pytest.raises(TokenInvalid):
        await at.auth.identify("Bearer key_unknown")
    await at.add_key("usr_ann")
    await at.disable("usr_ann")
    with pytest.raises(TokenInvalid):
        await at.auth.identify("Bearer key_secret")
    await at.change("usr_ann", disabled=False)
    await at.people.revoke_key("agt_1", "key_1", FLOOR, at.clock.now, None)
    with pytest.raises(TokenInvalid):
        await at.auth.identify("Bearer key_secret")


async def test_what_changes_during_a_look_up_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was read before the change is looked up again at the next request."""
    at = await desk()
    token = (await at.signed_in()).access
    read = at.people.user

    async def read_and_change(user_id: str) -> User | None:
        user = await read(user_id)
        at.auth.recogniser.forget(lambda _: True)
        return user

    monkeypatch.setattr(at.people, "user", read_and_change)
    await at.auth.identify(f"Bearer {token}")
    assert at.auth.recogniser.cached(token, at.clock.now) is None


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest makes room."""
    monkeypatch.setattr("net.auth.identity.CACHED_MAX", 2)
    at = await desk()
    tokens = [(await at.signed_in()).access for _ in range(3)]
    for token in tokens:
        await at.auth.identify(f"Bearer {token}")
    known = [at.auth.recogniser.cached(token, at.clock.now) is not None for token in tokens]
    assert known == [False, True, True]
    assert CACHED_MAX > 1000


async def test_too_many_passwords_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """New ones are turned away early, so that those in progress finish."""
    at = await desk()
    monkeypatch.setattr("net.auth.passwords.WAITING_MAX", 0)
    with pytest.raises(LoginBusy):
        await at.auth.passwords.hash("x")
    assert WAITING_MAX > 1


async def test_a_broken_hash_fits_nothing() -> None:
    """What is no hash of argon2 is no reason to fail."""
    at = await desk()
    assert not await at.auth.passwords.fits("nonsense", PASSWORD)
    assert await at.auth.passwords.fits(await at.auth.passwords.hash("new"), "new")
