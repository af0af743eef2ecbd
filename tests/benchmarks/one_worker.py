"""One live worker in a process of its own: at each line it is told, it applies what is recorded, and says how much.

python -m tests.benchmarks.one_worker DATABASE_URL VAULT_URL
"""

import sys

from replay.database import Database
from replay.journal import Journal
from replay.live.worker import Worker
from replay.schema import check
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS


def main(url: str, vault_url: str) -> None:
    """Catch up once for each line of stdin."""
    database = Database(url)
    worker = Worker(Journal(database, Vault(Database(vault_url), MASTER_KEY), shards=check(database)), MODELS)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(worker.catch_up(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
