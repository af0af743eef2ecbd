"""One member of several that share a topic, in a process of its own: told to begin, it settles all of its partitions.

python -m tests.benchmarks.one_member DATABASE_URL VAULT_URL BROKER TOPIC SHARE
"""

import sys

from kafka import KafkaConsumer

from consumers.kafka.ingest import BATCH, Ingest
from replay.database import Database
from replay.journal import Journal
from replay.schema import check
from replay.vault import Vault
from tests.conftest import MASTER_KEY


def main(url: str, vault_url: str, broker: str, topic: str, share: str) -> None:
    """Has joined when so many partitions, its `share`, are its own; says how many messages it settled."""
    database = Database(url)
    journal = Journal(database, Vault(Database(vault_url), MASTER_KEY), shards=check(database))
    member = Ingest(journal, broker, topic, topic=topic, batch=BATCH)
    while len(member.partitions) != int(share):
        member.step()
    # Once more: where to read on is looked up.
    member.step()
    asking = KafkaConsumer(bootstrap_servers=broker)
    print("ready", flush=True)
    sys.stdin.readline()
    left = told = sum(asking.end_offsets(list(member.partitions)).values())
    while left > 0:
        left -= member.step()
    print(told, flush=True)
    # In the group until it is ended: nobody else is given its partitions meanwhile.
    sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
