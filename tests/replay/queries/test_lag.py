"""How far the read models are behind the journal."""

from datetime import datetime

import pytest

from domain.clock import EPOCH, SEOUL
from projections.journey import journey
from projections.timeline import timeline
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import ReadModelOutdated
from replay.live.worker import Worker
from replay.queries.lag import lag, last_recorded_at
from tests.examples import call_received, risk_assessed, store_visited

MODELS = (timeline, journey)


def test_the_slowest_read_model_counts(journal: Journal) -> None:
    with journal.database.write() as connection:
        generations.establish(connection, MODELS)
    journal.record([call_received, risk_assessed])
    Worker(journal, MODELS).catch_up()
    journal.record([store_visited])
    Worker(journal, [timeline]).catch_up()
    with journal.database.read() as connection:
        assert lag(connection, MODELS) == (3, 1)
        assert lag(connection, [timeline]) == (3, 0)


def test_read_models_that_are_not_there_are_outdated(journal: Journal) -> None:
    with journal.database.read() as connection, pytest.raises(ReadModelOutdated):
        lag(connection, MODELS)


def test_the_journals_time_is_that_of_its_last_recording(journal: Journal) -> None:
    with journal.database.read() as connection:
        assert last_recorded_at(connection) == EPOCH
    now = datetime(2030, 1, 1, tzinfo=SEOUL)
    journal.record([call_received], now=now)
    with journal.database.read() as connection:
        assert last_recorded_at(connection) == now
