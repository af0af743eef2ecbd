"""Publishers killed at any moment, again and again: each topic still says what the database says."""

from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from replay import generations
from replay.database import Database
from replay.journal import Journal
from replay.schema import upgrade
from replay.vault import Vault
from tests.brokers import Broker
from tests.conftest import MASTER_KEY
from tests.consumers.kafka.reading import first_copies, new_topic, read
from tests.consumers.kafka.test_publish import killed_after, places
from tests.consumers.kafka.test_publish_faults import KINDS
from tests.consumers.kafka.test_publish_journeys import MODELS, facts, folded, record, wanted
from tests.consumers.kafka.test_publish_parked import BROKEN, discard, in_the_table, park, states

PEOPLE = [UUID(int=number, version=4) for number in range(1, 201)]
NAMES = ("journal", "parked", "journeys")


@pytest.mark.soak
@pytest.mark.parametrize("kills", [100])
def test_every_topic_says_what_the_database_says_whatever_is_killed_when(
    database_url: str, kafka: Broker, tmp_path: Path, kills: int
) -> None:
    random = Random(kills)
    vault_url = f"sqlite:///{tmp_path / 'vault.db'}"
    database, keys = Database(database_url), Database(vault_url)
    upgrade(database, keys)
    with database.write() as connection:
        generations.establish(connection, MODELS)
    journal = Journal(database, Vault(keys, MASTER_KEY))
    topics = {name: new_topic(kafka.address) for name in NAMES}
    for run in range(kills):
        record(journal, *facts(random.sample(PEOPLE, 40), run))
        park(journal, *[BROKEN] * 30)
        discard(journal, run * 30 + random.randint(1, 30))
        name = NAMES[run % len(NAMES)]
        arguments = [database_url, vault_url, kafka.address, topics[name], name]
        assert killed_after(random.randint(1, 4), arguments), "all was published before the kill"
    for kind, name in zip(KINDS, NAMES, strict=True):
        publish = kind(journal, kafka.address, topic=topics[name])
        publish.catch_up()
        publish.close()
    kept = first_copies(read(kafka.address, topics["journal"]))
    assert {message.place for message in kept} == places(journal)
    assert len(kept) == len(places(journal))
    assert states(read(kafka.address, topics["parked"])) == in_the_table(journal)
    journeys = read(kafka.address, topics["journeys"])
    assert folded(journeys) == wanted(journal)
    print(
        f"{kills} kills over {len(kept):,} events, {run * 30 + 30:,} parked messages and {len(journeys):,} journeys:"
        " every topic says what the database says"
    )
    keys.close()
    database.close()
