"""A replay whose database goes away says how to go on."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from replay.database import DatabaseUnusable, is_away


class CutOff(DatabaseUnusable):
    """The database went away, or was busy or full, before all was done."""


@contextmanager
def told_how_to_go_on(command: str) -> Iterator[None]:
    """Raises CutOff in place of what a driver says of a database that went away. `command` goes on with the work."""
    try:
        yield
    except Exception as error:
        if not is_away(error):
            raise
        # Only the first line: those after it may repeat the values of a row.
        said = str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
        raise CutOff(
            f"the database went away, or was busy or full, before the end ({said}). {go_on_with(command)}"
        ) from error


def go_on_with(command: str) -> str:
    """What to do when the database is there again."""
    return f"When it answers again, `{command}` goes on from the parts that are in"
