"""`tradefloor user`: who may sign in, on the database itself while no floor has it open."""

import json
import os
import pwd
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar, TypeVarTuple

import click
import trio
from attrs import evolve

from actors.errors import JournalUnavailable
from actors.model import Principal, Role, User
from actors.ports.people import EmailTaken, People
from net.auth.passwords import Passwords
from net.edge import SECRET_BYTES_MIN, AuthSettings
from net.wire.requests import EMAIL
from net.wire.rules import FieldError, Text
from net.wire.scalars import format_timestamp
from persistence.files import FloorInUse
from persistence.people import SqlitePeople
from persistence.store import open_store
from tradefloor.places import DATABASE_DEFAULT
from tradefloor.surroundings import SystemClock, SystemIds, entropy

PASSWORD_CHARACTERS_MIN: Final = 12
PASSWORD_CHARACTERS_MAX: Final = 256
"""As many as a sign-in takes."""

ResultT = TypeVar("ResultT")
ArgumentTs = TypeVarTuple("ArgumentTs")

_NEW_PASSWORD: Final = Text(min_length=PASSWORD_CHARACTERS_MIN, max_length=PASSWORD_CHARACTERS_MAX)


class EmailType(click.ParamType[str]):
    """An e-mail address, by the rule of signing in."""

    name = "email"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address; fail with what is wrong."""
        try:
            return _checked(EMAIL, str(value))
        except FieldError as error:
            self.fail(f"{value!r} {error}", param, ctx)


_email = click.argument("email", type=EmailType())
_database = click.option(
    "--database",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DATABASE_DEFAULT,
    envvar="DATABASE_PATH",
    show_envvar=True,
    show_default=True,
    help="File of the floor's database.",
)
_password_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.group()
def user() -> None:
    """Add people, list them, change their passwords, and let them in or not.

    The floor must be stopped meanwhile; while it runs, an admin does the same over the API.
    """


@user.command()
@_email
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What they may do.")
@_password_stdin
@_database
def add(email: str, role: str, database: Path, *, password_stdin: bool) -> None:
    """Add somebody with this e-mail address; makes the database where there is none."""
    # Whatever stands in the way shows before anybody types a password.
    _run(database, _require_free, email)
    password = _read_password(from_stdin=password_stdin)
    added = _run(database, _add, email, Role(role), _hashed(password))
    click.echo(f"{added.email} ({added.user_id}) may sign in now, as {added.role.value}.")


@user.command()
@_email
@_password_stdin
@_database
def passwd(email: str, database: Path, *, password_stdin: bool) -> None:
    """Give somebody another password; ends their sign-ins."""
    _require_database(database)
    _run(database, _person, email)
    password = _read_password(from_stdin=password_stdin)
    changed = _run(database, _change_password, email, _hashed(password))
    click.echo(f"{changed.email} has another password; their sign-ins have ended.")


@user.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@_database
def list_(database: Path, *, as_json: bool) -> None:
    """List everybody, in the order in which they were added."""
    _require_database(database)
    people = _run(database, lambda people: people.users())
    if as_json:
        click.echo(json.dumps([_shown(person) for person in people], indent=2))
    elif not people:
        click.echo("Nobody may sign in yet; see: tradefloor user add --help")
    else:
        width = max(len(person.email) for person in people)
        for person in people:
            standing = "disabled" if person.disabled else "enabled"
            added = format_timestamp(person.created_at_us)
            click.echo(f"{person.email:<{width}}  {person.role.value:<8}  {standing:<8}  {added}  {person.user_id}")


@user.command()
@_email
@_database
def disable(email: str, database: Path) -> None:
    """Let somebody in no more, nor the programs with their agents' keys; ends their sign-ins."""
    _require_database(database)
    changed = _run(database, _disable, email)
    click.echo(f"{changed.email} may not sign in any more; their sign-ins have ended.")


@user.command()
@_email
@_database
def enable(email: str, database: Path) -> None:
    """Let somebody in again who was disabled."""
    _require_database(database)
    changed = _run(database, _enable, email)
    click.echo(f"{changed.email} may sign in again, as {changed.role.value}.")


async def _require_free(people: People, email: str) -> None:
    if await people.user_by_email(email) is not None:
        raise click.ClickException(f"somebody has the address {email} already; see: tradefloor user passwd --help")


async def _add(people: People, email: str, role: Role, password_hash: str) -> User:
    now_us = SystemClock().now_us()
    added = User(SystemIds().new("usr"), email, role, password_hash, now_us)
    await people.save_user(added, _operator(), now_us, None)
    return added


async def _change_password(people: People, email: str, password_hash: str) -> User:
    changed = evolve(await _person(people, email), password_hash=password_hash)
    await _save_and_end_sign_ins(people, changed)
    return changed


async def _disable(people: People, email: str) -> User:
    changed = evolve(await _person(people, email), disabled=True)
    await _save_and_end_sign_ins(people, changed)
    return changed


async def _enable(people: People, email: str) -> User:
    changed = evolve(await _person(people, email), disabled=False)
    await people.save_user(changed, _operator(), SystemClock().now_us(), None)
    return changed


async def _save_and_end_sign_ins(people: People, changed: User) -> None:
    now_us = SystemClock().now_us()
    await people.save_user(changed, _operator(), now_us, None)
    await people.end_sign_ins_of(changed.user_id, now_us, None)


async def _person(people: People, email: str) -> User:
    person = await people.user_by_email(email)
    if person is None:
        raise click.ClickException(f"there is nobody with the address {email}; see: tradefloor user list")
    return person


def _run(database: Path, work: Callable[[People, *ArgumentTs], Awaitable[ResultT]], *arguments: *ArgumentTs) -> ResultT:
    """Run something on the people of a database that nobody else has open."""
    try:
        store = open_store(database)
        try:
            return trio.run(work, SqlitePeople(store), *arguments)
        finally:
            store.close()
    except (FloorInUse, JournalUnavailable, EmailTaken) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}; choose another with --database") from error


def _require_database(database: Path) -> None:
    if not database.exists():
        raise click.ClickException(f"there is no database {database}; name another with --database")


def _read_password(*, from_stdin: bool) -> str:
    """Return a new password, asked for twice, or from standard input up to its last line's end."""
    if from_stdin:
        password = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    else:
        prompt = f"Password, at least {PASSWORD_CHARACTERS_MIN} characters"
        password = click.prompt(prompt, hide_input=True, confirmation_prompt="Once more")
    try:
        return _checked(_NEW_PASSWORD, password)
    except FieldError as error:
        raise click.ClickException(f"the password {error}") from error


def _checked(rule: Text, value: str) -> str:
    """Return text that keeps a rule. Raises FieldError, also for bytes of the command line that are no text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FieldError("must be Unicode text") from None
    return rule.parse(value)


def _hashed(password: str) -> str:
    # The secret signs tokens, of which there are none here.
    return Passwords(AuthSettings(jwt_secret=entropy(SECRET_BYTES_MIN)), entropy).hash_now(password)


def _operator() -> Principal:
    """Return whoever runs this command: by the user of the process, as a variable may say anything."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    return Principal("usr_command_line", f"command line ({name})", Role.ADMIN)


def _shown(person: User) -> dict[str, object]:
    return {
        "userId": person.user_id,
        "email": person.email,
        "role": person.role.value,
        "disabled": person.disabled,
        "createdAt": format_timestamp(person.created_at_us),
    }
