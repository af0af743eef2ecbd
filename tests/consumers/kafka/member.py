"""A process to be killed: a member of a topic's group, which tells after each step how much it settled and what is its.

python -m tests.consumers.kafka.member DATABASE_URL VAULT_URL SERVERS TOPIC [BATCHES]

After so many batches it kills itself amid the transaction of the next, when all of that is written and nothing is
committed.
"""

import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from consumers.kafka.ingest import Ingest
from domain.touchpoint import Touchpoint
from replay.database import Database
from replay.journal import Journal, Outcome
from replay.vault import Vault
from tests.conftest import MASTER_KEY
from tests.consumers.kafka.topics import QUICK


class KilledAmid(Journal):
    """A journal whose process ends in the middle of a transaction."""

    batches_left = 0

    def record(self, events: Sequence[Touchpoint], *, now: datetime | None = None, beside: Any = None) -> list[Outcome]:
        """As a journal does, so many times."""

        def kill(*written: Any) -> None:
            beside(*written)
            os.kill(os.getpid(), signal.SIGKILL)

        self.batches_left -= 1
        return super().record(events, now=now, beside=kill if self.batches_left < 0 else beside)


def main(database_url: str, vault_url: str, servers: str, topic: str, batches: str = "") -> None:
    told = Database(database_url), Vault(Database(vault_url), MASTER_KEY)
    journal = Journal(*told)
    if batches:
        journal = KilledAmid(*told)
        journal.batches_left = int(batches)
    options: dict[str, Any] = dict(QUICK)
    member = Ingest(journal, servers, topic, topic=topic, batch=5, **options)
    while True:
        print(member.step(), *sorted(own.partition for own in member.partitions), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
