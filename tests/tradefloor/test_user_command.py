"""`tradefloor user`: people are added, listed, given other passwords, and let in or not."""

import json
import os
import pwd
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
import trio
from argon2 import PasswordHasher
from attrs import evolve
from click.testing import CliRunner, Result

from actors.events import Recorded, UserChanged, UserPasswordChanged, UserSignedIn, UserSignedOut
from actors.model import Role, User
from actors.ports.people import SignIn
from persistence.people import SqlitePeople
from persistence.store import open_store
from persistence.verify import verify
from tests.net.http.harness import CHEAP
from tradefloor.commands.user import user

PASSWORD = "correct horse battery"
OTHER_PASSWORD = "staple correct horse"
EMAIL = "Ana@Example.com"


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords cheaply; the command says nothing of how dear it is."""
    monkeypatch.setattr("tradefloor.commands.user.AuthSettings", partial(evolve, CHEAP))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Provide where the database is, or will be."""
    return tmp_path / "floor.db"


def run(path: Path, *arguments: str, answers: str | None = None) -> Result:
    """Run the command on a database, typing the answers."""
    return CliRunner().invoke(user, [*arguments, "--database", str(path)], input=answers)


def added(path: Path, email: str = EMAIL, role: Role = Role.TRADER) -> User:
    """Add somebody and return them as they are stored."""
    result = run(path, "add", email, "--role", role.value, "--password-stdin", answers=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    return stored(path, email)


def stored(path: Path, email: str = EMAIL) -> User:
    """Return somebody as they are stored."""
    store = open_store(path)
    person = trio.run(SqlitePeople(store).user_by_email, email)
    store.close()
    assert person is not None
    return person


def sign_in(path: Path, person: User) -> SignIn:
    """Let somebody be signed in."""
    opened = SignIn("ses_1", person.user_id, "hash", person.created_at_us, person.created_at_us + 1)
    store = open_store(path)
    trio.run(SqlitePeople(store).open_sign_in, opened, None)
    store.close()
    return opened


def log(path: Path) -> Sequence[Recorded]:
    """Return all events, having verified that they are in order."""
    assert verify(path).findings == ()
    store = open_store(path)
    events = trio.run(store.events, None, 0, 100)
    store.close()
    return events


def test_somebody_is_added_with_a_password_typed_twice(path: Path) -> None:
    """The database is made; the password is stored as argon2id's hash, and the log says who did it."""
    result = run(path, "add", EMAIL, "--role", "approver", answers=f"{PASSWORD}\n{PASSWORD}\n")

    person = stored(path)
    assert (result.exit_code, person.email, person.role, person.disabled) == (0, EMAIL, Role.APPROVER, False)
    assert PasswordHasher().verify(person.password_hash, PASSWORD)
    assert PASSWORD not in result.output
    assert f"{EMAIL} ({person.user_id}) may sign in now, as approver." in result.output
    (place,) = log(path)
    assert place.event == UserChanged(person.user_id, EMAIL, "approver", disabled=False)
    assert place.principal.name == f"command line ({pwd.getpwuid(os.getuid()).pw_name})"


def test_a_process_of_nobody_in_particular_is_named_by_its_number(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a bare uid."""
    monkeypatch.setattr(os, "getuid", lambda: 4_294_000_000)
    added(path)

    assert log(path)[0].principal.name == "command line (uid 4294000000)"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_comes_from_standard_input_without_its_line_end(path: Path, end: str) -> None:
    """Whichever line end that is."""
    run(path, "add", EMAIL, "--role", "viewer", "--password-stdin", answers=PASSWORD + end)

    assert PasswordHasher().verify(stored(path).password_hash, PASSWORD)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("elevenchars", "the password must have 12 to 256 characters, not 11"),
        ("x" * 257, "the password must have 12 to 256 characters, not 257"),
        ("two lines\nof password", "the password must be one line of text"),
    ],
)
def test_a_password_that_is_no_good_is_refused(path: Path, password: str, reason: str) -> None:
    """With what is wrong, and without showing it."""
    result = run(path, "add", EMAIL, "--role", "viewer", "--password-stdin", answers=password)

    assert result.exit_code == 1
    assert reason in result.output
    assert password not in result.output
    assert log(path) == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "nobody", "--role", "viewer"), "'nobody' must be an e-mail address"),
        (("add", "\udcff@example.com", "--role", "viewer"), "must be Unicode text"),
        (("add", EMAIL, "--role", "king"), "'king' is not one of 'viewer', 'trader', 'approver', 'admin'"),
        (("add", EMAIL), "Missing option '--role'"),
    ],
)
def test_wrong_arguments_are_named(path: Path, arguments: Sequence[str], reason: str) -> None:
    """Before anything is opened."""
    result = run(path, *arguments)

    assert (result.exit_code, path.exists()) == (2, False)
    assert reason in result.output


def test_an_address_is_given_once(path: Path) -> None:
    """In whatever case; nobody is asked for a password first."""
    added(path)

    result = run(path, "add", EMAIL.lower(), "--role", "viewer")

    assert (result.exit_code, len(log(path))) == (1, 1)
    assert "somebody has the address ana@example.com already" in result.output


def test_another_password_ends_the_sign_ins(path: Path) -> None:
    """And is in the log without the password."""
    person = added(path)
    opened = sign_in(path, person)

    result = run(path, "passwd", EMAIL.lower(), answers=f"{OTHER_PASSWORD}\n{OTHER_PASSWORD}\n")

    assert result.exit_code == 0, result.output
    assert PasswordHasher().verify(stored(path).password_hash, OTHER_PASSWORD)
    assert [place.event for place in log(path)[1:]] == [
        UserSignedIn(person.user_id, "ses_1", opened.expires_at_us),
        UserPasswordChanged(person.user_id),
        UserSignedOut(person.user_id, "ses_1"),
    ]


def test_somebody_is_disabled_and_enabled(path: Path) -> None:
    """Disabling ends the sign-ins, enabling brings none back; twice is as good as once."""
    person = added(path)
    sign_in(path, person)

    disabled = [run(path, "disable", EMAIL), run(path, "disable", EMAIL)]
    assert stored(path).disabled
    enabled = [run(path, "enable", EMAIL), run(path, "enable", EMAIL)]
    assert stored(path) == person

    assert [result.exit_code for result in (*disabled, *enabled)] == [0, 0, 0, 0]
    assert [place.event for place in log(path)[2:]] == [
        UserChanged(person.user_id, EMAIL, "trader", disabled=True),
        UserSignedOut(person.user_id, "ses_1"),
        UserChanged(person.user_id, EMAIL, "trader", disabled=False),
    ]


def test_everybody_is_listed(path: Path) -> None:
    """In the order in which they were added, for people and for programs."""
    open_store(path).close()
    assert "Nobody may sign in yet" in run(path, "list").output
    first, second = added(path), added(path, "bo@example.com", Role.ADMIN)
    run(path, "disable", EMAIL)

    lines = run(path, "list").output.splitlines()
    assert [line.split()[:3] for line in lines] == [[EMAIL, "trader", "disabled"], [second.email, "admin", "enabled"]]
    assert [line.split()[-1] for line in lines] == [first.user_id, second.user_id]
    shown = json.loads(run(path, "list", "--json").output)
    assert [(person["userId"], person["disabled"]) for person in shown] == [
        (first.user_id, True),
        (second.user_id, False),
    ]
    assert shown[1].keys() == {"userId", "email", "role", "disabled", "createdAt"}
    assert json.loads(run(path, "list", "--json").output)[0]["createdAt"].endswith("Z")


@pytest.mark.parametrize("command", ["passwd", "disable", "enable"])
def test_somebody_unknown_is_named(path: Path, command: str) -> None:
    """Before a password is asked for."""
    open_store(path).close()

    result = run(path, command, EMAIL)

    assert (result.exit_code, result.output.splitlines()[-1]) == (
        1,
        f"Error: there is nobody with the address {EMAIL}; see: tradefloor user list",
    )


@pytest.mark.parametrize("arguments", [("list",), ("passwd", EMAIL), ("disable", EMAIL), ("enable", EMAIL)])
def test_a_database_that_is_not_there_is_not_made(path: Path, arguments: Sequence[str]) -> None:
    """A mistyped path must not look like an empty floor."""
    result = run(path, *arguments)

    assert (result.exit_code, path.exists()) == (1, False)
    assert f"there is no database {path}" in result.output


@pytest.mark.parametrize("arguments", [("list",), ("add", EMAIL, "--role", "viewer"), ("disable", EMAIL)])
def test_a_floor_that_is_running_keeps_the_command_out(path: Path, arguments: Sequence[str]) -> None:
    """It says what to do, before a password is asked for."""
    floor = open_store(path)
    result = run(path, *arguments)
    floor.close()

    assert result.exit_code == 1
    assert f"{path} is in use by another tradefloor; stop that one" in result.output


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    """With SQLite's words."""
    path.write_text("no database at all, but long enough to be looked at" * 100)

    result = run(path, "list")

    assert result.exit_code == 1
    assert "file is not a database" in result.output


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file stands where the folder would be."""
    (tmp_path / "file").touch()

    result = run(tmp_path / "file" / "floor.db", "add", EMAIL, "--role", "viewer")

    assert result.exit_code == 1
    assert "choose another with --database" in result.output
