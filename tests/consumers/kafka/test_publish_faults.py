"""Brokers and databases go away while everything is published: each topic still says what the database says."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from consumers.kafka.outbox import Outbox, run_all
from consumers.kafka.publish import Publish
from consumers.kafka.publish_journeys import PublishJourneys
from consumers.kafka.publish_parked import PublishParked
from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.schema import upgrade
from replay.vault import Vault
from tests.brokers import Broker
from tests.conftest import MASTER_KEY
from tests.consumers.kafka.reading import eventually_read, first_copies, new_topic
from tests.consumers.kafka.test_publish import places, running
from tests.consumers.kafka.test_publish_journeys import MODELS, PEOPLE, facts, folded, record, wanted
from tests.consumers.kafka.test_publish_parked import BROKEN, discard, in_the_table, park, states
from tests.servers import fresh_database, postgres, stopped

KINDS: tuple[type[Outbox], ...] = (Publish, PublishParked, PublishJourneys)


class Out:
    """Everything that is published of a journal, each to a topic of its own."""

    def __init__(self, journal: Journal, kafka: Broker) -> None:
        self.journal, self.address = journal, kafka.address
        self.topics = [new_topic(kafka.address) for _ in KINDS]
        with journal.database.write() as connection:
            generations.establish(connection, MODELS)

    @contextmanager
    def running(self) -> Iterator[None]:
        """All of it at work, which must end in good order."""
        outboxes = [
            kind(self.journal, self.address, topic=topic) for kind, topic in zip(KINDS, self.topics, strict=True)
        ]
        with running(partial(run_all, outboxes), ends_within_seconds=90):
            yield

    def tell(self, seed: int) -> None:
        """Something new for each topic."""
        record(self.journal, *facts(PEOPLE, seed))
        park(self.journal, *[BROKEN] * 5)
        # The newest: after a crash PostgreSQL leaves numbers out.
        discard(self.journal, max(in_the_table(self.journal)))

    def is_complete(self) -> None:
        """Returns once each topic says what the database says."""
        journal, parked, journeys = self.topics
        eventually_read(
            self.address, journal, lambda found: {one.place for one in first_copies(found)} == places(self.journal)
        )
        eventually_read(self.address, parked, lambda found: states(found) == in_the_table(self.journal))
        eventually_read(self.address, journeys, lambda found: folded(found) == wanted(self.journal))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_broker_that_ends_and_comes_back_has_everything(journal: Journal, kafka: Broker) -> None:
    out = Out(journal, kafka)
    with out.running():
        out.tell(0)
        out.is_complete()
        kafka.kill()
        out.tell(1)
        kafka.start()
        out.tell(2)
        out.is_complete()
    # A client of the library that is ended in the middle of a connect leaves its socket to the garbage collector.
    gc.collect()


def test_a_database_that_ends_and_comes_back_is_published_to_its_end(kafka: Broker, tmp_path: Path) -> None:
    if "MAJUNG_TEST_POSTGRES" in os.environ:
        pytest.skip("the server that MAJUNG_TEST_POSTGRES names is not ours to stop and start")
    with postgres(durable=True) as server, fresh_database(server) as url:
        database, keys = Database(url), Database(f"sqlite:///{tmp_path / 'vault.db'}")
        upgrade(database, keys)
        out = Out(Journal(database, Vault(keys, MASTER_KEY)), kafka)
        with out.running():
            out.tell(0)
            out.is_complete()
            with stopped(server):
                pass
            database.close()
            out.tell(1)
            out.is_complete()
        database.close()
        keys.close()


def test_one_that_fails_ends_the_others(journal: Journal, kafka: Broker) -> None:
    class Failing(Publish):
        def step(self) -> int:
            raise ZeroDivisionError

    out = Out(journal, kafka)
    others = [kind(journal, kafka.address, topic=topic) for kind, topic in zip(KINDS[1:], out.topics[1:], strict=True)]
    with pytest.raises(ZeroDivisionError):
        run_all([*others, Failing(journal, kafka.address, topic=out.topics[0])], Event())
