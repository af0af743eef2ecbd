"""A process to be killed: takes messages in and keeps the read models live, telling how many it settled on stdout.

python -m tests.soak.ingester DATABASE_URL VAULT_URL BROKER TOPIC RUN BATCH
"""

import sys
from threading import Event, Thread

from consumers.kafka.ingest import Ingest
from replay.database import Database
from replay.journal import Journal
from replay.live.worker import Worker
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS


def main(database_url: str, vault_url: str, broker: str, topic: str, run: str, batch: str) -> None:
    journal = Journal(Database(database_url), Vault(Database(vault_url), MASTER_KEY))
    Thread(target=Worker(journal, MODELS).run, args=(Event(),), daemon=True).start()
    # Each in a group of its own: that of the one before would keep its partitions until its session is over. Where to
    # read on stands in the database, whatever the group.
    member = Ingest(journal, broker, f"{topic}-{run}", topic=topic, batch=int(batch))
    while True:
        print(member.step(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
