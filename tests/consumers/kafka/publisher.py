"""A process to be killed: publishes in small steps, telling how much after each on stdout.

python -m tests.consumers.kafka.publisher DATABASE_URL VAULT_URL SERVERS TOPIC [journal|parked|journeys]
"""

import sys
from collections.abc import Callable
from datetime import timedelta

from consumers.kafka.outbox import Outbox
from consumers.kafka.publish import Publish
from consumers.kafka.publish_journeys import PublishJourneys
from consumers.kafka.publish_parked import PublishParked
from replay.database import Database
from replay.journal import Journal
from replay.vault import Vault
from tests.conftest import MASTER_KEY

PUBLISHERS: dict[str, Callable[..., Outbox]] = {
    "journal": Publish,
    "parked": PublishParked,
    "journeys": PublishJourneys,
}


def main(database_url: str, vault_url: str, servers: str, topic: str, what: str = "journal") -> None:
    journal = Journal(Database(database_url), Vault(Database(vault_url), MASTER_KEY))
    # A claim that ends at once: the next need not wait for it.
    publish = PUBLISHERS[what](journal, servers, topic=topic, batch=7, claim=timedelta(0))
    while sent := publish.step():
        print(sent, flush=True)
    publish.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
