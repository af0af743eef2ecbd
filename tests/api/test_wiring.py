"""The composition root: what `upgrade` makes, `start` opens."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api import wiring
from api.settings import Settings, settings_in
from domain.clock import SEOUL
from tests.examples import call_received


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = settings_in(tmp_path / "new" / "folder")
    wiring.upgrade(found)
    return found


def test_the_present_is_the_clock_or_the_last_recording_where_that_is_later(settings: Settings) -> None:
    with wiring.start(settings) as majung:
        assert abs(majung.now() - majung.journal.clock()) < timedelta(minutes=1)
        ahead = datetime(2999, 1, 1, tzinfo=SEOUL)
        majung.journal.record([call_received], now=ahead)
        assert majung.now() == ahead


def test_the_lag_counts_what_the_worker_has_not_seen(settings: Settings) -> None:
    with wiring.start(settings) as majung:
        majung.journal.record([call_received])
        assert majung.lag() == (1, 1)
        majung.worker().catch_up()
        assert majung.lag() == (1, 0)


def test_the_lag_of_a_snapshot_knows_nothing_of_what_is_recorded_after_it(settings: Settings) -> None:
    with wiring.start(settings) as majung, majung.database.read() as connection:
        assert majung.lag_in(connection) == (0, 0)
        majung.journal.record([call_received])
        assert (majung.lag_in(connection), majung.lag()) == ((0, 0), (1, 1))


def test_only_the_owner_may_read_the_master_key(settings: Settings) -> None:
    assert settings.master_key_file.stat().st_mode & 0o077 == 0
