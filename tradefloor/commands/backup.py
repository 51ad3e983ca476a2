"""`tradefloor backup`: copy the floor's databases while it runs."""

import time
from pathlib import Path

import click

from actors.errors import JournalUnavailable
from persistence.backup import AlreadyThere, BackupDamaged, back_up
from tradefloor.commands.progress import copying, size_text
from tradefloor.places import service_files
from tradefloor.settings import chosen_options


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@chosen_options("database_path")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def backup(file: Path, database_path: Path, *, force: bool) -> None:
    """Copy the floor's database to FILE, verified; the floor may be running, and is not held up.

    The embedded services' files are copied beside it, as FILE.metering and FILE.oversight. FILE appears when all is
    there. The secret that signs tokens is not part of it. The exit status is 0 when the backup is good, else 1.
    """
    if not database_path.exists():
        raise click.ClickException(f"there is no {database_path}; name the floor's database with --database-path")
    began_s = time.perf_counter()
    try:
        with copying(f"Copying {database_path}") as progress:
            copied = back_up(database_path, file, service_files(database_path.parent), progress, force=force)
    except AlreadyThere as error:
        raise click.ClickException(f"{error}; choose another name, or replace it with --force") from error
    except BackupDamaged as error:
        raise click.ClickException(
            f"{database_path} does not verify, so no backup was made ({error}); see: tradefloor verify {database_path}"
        ) from error
    except JournalUnavailable as error:
        raise click.ClickException(f"no backup was made: {error}") from error
    except OSError as error:
        raise click.ClickException(f"no backup was made: {error.strerror} ({error.filename})") from error
    report = copied.report
    click.echo(
        f"{file}: {report.events:,} events, {size_text(copied.size_bytes)} in {time.perf_counter() - began_s:.1f} s, "
        f"verified. The log's hash is {report.head_hash}."
    )
