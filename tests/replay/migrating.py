"""Migrations one by one, and what one of them takes away from a release that knows only those before it."""

from typing import Any, NamedTuple, Self

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from replay.schema import MIGRATIONS


def migrate(connection: Connection, revision: str) -> None:
    """Upgrade to a revision, and no further."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def sufficient_of(revision: str) -> str:
    """The oldest schema whose releases a migration leaves at work."""
    found = ScriptDirectory(str(MIGRATIONS)).get_revision(revision)
    assert found is not None
    sufficient: str = found.module.sufficient
    return sufficient


class Shape(NamedTuple):
    """What releases rely on, by table: columns with what each takes, and what must be unique."""

    columns: dict[str, dict[str, tuple[str, bool]]]
    """The type, and whether a row may be written without it."""
    unique: dict[str, set[tuple[str, ...]]]

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """The shape of a database."""
        found = inspect(connection)
        tables = [name for name in found.get_table_names() if name != "alembic_version"]
        return cls(
            {table: {column["name"]: _takes(column) for column in found.get_columns(table)} for table in tables},
            {
                table: {
                    tuple(found.get_pk_constraint(table)["constrained_columns"]),
                    *(tuple(one["column_names"]) for one in found.get_unique_constraints(table)),
                    *(tuple(map(str, one["column_names"])) for one in found.get_indexes(table) if one["unique"]),
                }
                for table in tables
            },
        )


def _takes(column: Any) -> tuple[str, bool]:
    return str(column["type"]), bool(column["nullable"] or column["default"] is not None)


def taken_away(before: Shape, after: Shape) -> list[str]:
    """Why a release that knows only the first shape cannot work in the second; empty where it can."""
    faults = []
    for table, columns in before.columns.items():
        if table not in after.columns:
            faults.append(f"{table} is gone")
            continue
        now = after.columns[table]
        faults += [f"{table}.{name} is gone or another" for name, takes in columns.items() if now.get(name) != takes]
        new = [name for name in now if name not in columns]
        faults += [f"{table}.{name} must be written" for name in new if not now[name][1]]
        if before.unique[table] != after.unique[table]:
            faults.append(f"what is unique in {table} is another")
    return faults
