"""A process to be killed: publishes a journal in small steps, telling how many events after each on stdout.

python -m tests.consumers.kafka.publisher DATABASE_URL VAULT_URL SERVERS TOPIC
"""

import sys
from datetime import timedelta

from consumers.kafka.publish import Publish
from replay.database import Database
from replay.journal import Journal
from replay.vault import Vault
from tests.conftest import MASTER_KEY


def main(database_url: str, vault_url: str, servers: str, topic: str) -> None:
    journal = Journal(Database(database_url), Vault(Database(vault_url), MASTER_KEY))
    # A claim that ends at once: the next need not wait for it.
    publish = Publish(journal, servers, topic=topic, batch=7, claim=timedelta(0))
    while sent := publish.step():
        print(sent, flush=True)
    publish.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
