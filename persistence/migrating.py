"""Bringing a database up to the schema of this version, and keeping out of one that a newer version has changed.

A newer version may keep state in places that this one does not know of: going on writing beside it would leave the
newer one with a log that its state does not follow from, which nobody would notice before the next upgrade.
"""

from sqlite_utils import Database, Migrations

from persistence.sqlite import DatabaseError


def unknown_steps(db: Database, migrations: Migrations) -> tuple[str, ...]:
    """Return the names of the migrations that were applied, and that this version does not have."""
    known = {step.name for step in migrations._migrations}  # noqa: SLF001 -- what is registered has no public name
    return tuple(step.name for step in migrations.applied(db) if step.name not in known)


def migrate(db: Database, migrations: Migrations) -> None:
    """Apply what is missing, step by step. Raises DatabaseError, with nothing changed, where a newer version wrote."""
    unknown = unknown_steps(db, migrations)
    if unknown:
        raise DatabaseError(
            f"it was made by a newer Tradefloor (it has {', '.join(unknown)}); install that version, or restore a "
            "backup made with this one"
        )
    migrations.apply(db)
