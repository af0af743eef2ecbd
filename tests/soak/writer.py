"""A process to be killed: records facts and keeps the read models live, telling each acknowledged fact on stdout.

python -m tests.soak.writer DATABASE_URL VAULT_URL RUN
"""

import sys
from itertools import count
from uuid import UUID

from replay.database import Database
from replay.journal import Journal
from replay.live.worker import Worker
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS
from tests.examples import call_received, measure_taken, store_visited

PEOPLE = [UUID(int=number, version=4) for number in range(1, 12)]
EXAMPLES = (call_received, store_visited, measure_taken)


def main(database_url: str, vault_url: str, run: str) -> None:
    journal = Journal(Database(database_url), Vault(Database(vault_url), MASTER_KEY))
    worker = Worker(journal, MODELS, batch=7)
    for number in count():
        size = 1 if number % 3 else 5
        events = [
            EXAMPLES[(number + offset) % 3].replaced(
                participant_id=PEOPLE[(number * 5 + offset) % len(PEOPLE)], source_id=f"{run}-{number}-{offset}"
            )
            for offset in range(size)
        ]
        journal.record(events)
        print(*(event.event_id for event in events), flush=True)
        worker.step(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
