"""`tradefloor restore`: put a backup in the place of a floor that is stopped."""

from datetime import UTC, datetime
from pathlib import Path

import click

from actors.errors import JournalUnavailable
from persistence.backup import AlreadyThere, BackupDamaged
from persistence.backup import restore as restore_backup
from persistence.files import FloorInUse
from tradefloor.commands.progress import copying, size_text
from tradefloor.places import service_files
from tradefloor.settings import chosen_options


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@chosen_options("database_path")
@click.option(
    "--force", is_flag=True, help="Put the backup in the place of what is there; that is kept under another name."
)
def restore(file: Path, database_path: Path, *, force: bool) -> None:
    """Put the backup FILE in the place of the floor's database, which must not be in use.

    The backup is copied and verified before anything is touched. With --force, what was there is kept beside it, its
    name ending in .before-restore- and the time. The exit status is 0 when the backup is in place, else 1.
    """
    stamp = datetime.now(UTC).strftime("before-restore-%Y%m%dT%H%M%SZ")
    try:
        with copying(f"Copying {file}") as progress:
            copied = restore_backup(
                file, database_path, service_files(database_path.parent), progress, kept_as=stamp if force else None
            )
    except FloorInUse as error:
        raise click.ClickException(f"{database_path}, or its folder, is in use; stop the floor first") from error
    except AlreadyThere as error:
        raise click.ClickException(
            f"{error}; --force puts the backup in its place and keeps what is there under another name"
        ) from error
    except BackupDamaged as error:
        raise click.ClickException(f"{file} does not verify, so nothing was touched: {error}") from error
    except JournalUnavailable as error:
        raise click.ClickException(f"nothing was touched: {error}") from error
    except OSError as error:
        raise click.ClickException(f"cannot restore: {error.strerror} ({error.filename})") from error
    report = copied.report
    click.echo(
        f"{database_path}: {report.events:,} events, {size_text(copied.size_bytes)}, verified. The log's hash is "
        f"{report.head_hash}."
    )
    if force:
        click.echo(f"What was there before is kept in {database_path.parent}, its names ending in .{stamp}")
