"""Statements are compiled once in a run for each kind of database, and not once for each of its thousand databases.

SQLAlchemy keeps what it has compiled with an engine, under its dialect. Engines of one kind and one server are made
alike here: all of them use the dialect of the first, and keep what they compile with it. That is a quarter of the
processor time of a test that asks a database something.
"""

from typing import Any

from sqlalchemy import Engine, create_engine

import replay.database

_first: dict[str, Engine] = {}


def compile_once(url: str) -> None:
    """From here on engines of this kind of database share what they compile."""
    first = create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    # A dialect learns what its server can do with the first connection.
    with first.connect():
        pass
    first.dispose()
    _first[first.name] = first
    replay.database.create_engine = _made  # type: ignore[attr-defined]


def _made(*arguments: Any, **options: Any) -> Engine:
    engine = create_engine(*arguments, **options)
    if (first := _first.get(engine.name)) is not None:
        # Its pool keeps asking the dialect that it was made with how to connect.
        vars(engine.dialect).update(dispatch=first.dialect.dispatch, _has_events=True)
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
    return engine
