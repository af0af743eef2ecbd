"""Whoever follows the log is woken by commits, and neither sleeps nor waits for ever when the signals fail."""

from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from replay import wake
from replay.database import AWAY, Database
from replay.journal import Journal
from replay.wake import Wake
from tests.examples import call_received


def test_a_commit_wakes(journal: Journal) -> None:
    woken = Event()
    waking = Wake(journal.database, woken.set)
    waking.start()
    journal.record([call_received])
    assert woken.wait(30)
    waking.stop()


def test_a_listener_ends_when_told_though_the_server_is_away(tmp_path: Path) -> None:
    waking = Wake(Database(f"postgresql://majung@/none?host={tmp_path}"), lambda: None)
    waking.start()
    stopping = Thread(target=waking.stop, daemon=True)
    stopping.start()
    stopping.join(30)
    assert not stopping.is_alive()


def test_without_signals_the_log_is_looked_at_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def out_of_watches(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(wake, "watch", out_of_watches)
    monkeypatch.setattr(wake, "_LOOK_EVERY_SECONDS", 0.01)
    woken = Event()
    waking = Wake(Database(f"sqlite:///{tmp_path / 'majung.db'}"), woken.set)
    waking.start()
    for _ in range(3):
        assert woken.wait(30)
        woken.clear()
    waking.stop()
    assert [getattr(record, "error", None) for record in caplog.records] == ["OSError"]


def test_connections_that_the_server_has_cut_fail_one_request_and_no_more(journal: Journal) -> None:
    database = journal.database
    if not database.is_postgres:
        pytest.skip("SQLite has no connections that another could cut")
    with database.autocommit(), database.autocommit(), database.autocommit():
        pass
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    with pytest.raises(AWAY):
        journal.record([call_received])
    assert [outcome.status for outcome in journal.record([call_received])] == ["recorded"]
