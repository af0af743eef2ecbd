"""A process to be killed: shares the shards of a journal with others like it, and links people while it is at that.

python -m tests.replay.live.sharer DATABASE_URL VAULT_URL
"""

import sys
from threading import Event

from replay.database import Database
from replay.journal import Journal
from replay.live.worker import Worker
from replay.schema import check
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS


def main(database_url: str, vault_url: str) -> None:
    database = Database(database_url)
    journal = Journal(database, Vault(Database(vault_url), MASTER_KEY), shards=check(database))
    print("ready", flush=True)
    Worker(journal, MODELS, batch=10).run(Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
