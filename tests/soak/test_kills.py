"""Killed at any moment: acknowledged facts stay, nothing is applied twice, rows stay equal to the fold."""

import subprocess
import sys
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select

from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.rebuild import rebuild
from replay.tables import journal as stored
from tests.conftest import MODELS


def digests(journal: Journal) -> dict[str, str]:
    with journal.database.read() as connection:
        return {
            live.model.name: live.model.digest(generations.read(connection, live))
            for live in generations.live(connection, MODELS)
        }


@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=pytest.mark.soak)])
def test_acknowledged_facts_survive_every_kill_and_rows_stay_the_fold(
    tracked: Journal, database_url: str, kills: int
) -> None:
    database, vault_url = tracked.database, tracked.vault.database.url
    random = Random(kills)
    acknowledged: list[UUID] = []
    for run in range(kills):
        acknowledged += killed_after(random.randint(1, 40), [database_url, vault_url, str(run)])
    found = {event.event_id for event in tracked.find(acknowledged)}
    assert found == set(acknowledged)
    [head] = tracked.head()
    with database.read() as connection:
        place = stored.c.position
        counted = connection.execute(select(func.count(), func.min(place), func.max(place))).one()
    assert counted == (head, 1, head)
    Worker(tracked, MODELS).catch_up()
    live = digests(tracked)
    rebuild(tracked, MODELS)
    assert digests(tracked) == live


def killed_after(lines: int, arguments: list[str]) -> list[UUID]:
    """Run a writer, kill it with SIGKILL after so many acknowledgements; returns everything it acknowledged."""
    command = [sys.executable, "-m", "tests.soak.writer", *arguments]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(lines)]
    writer.kill()
    # What it acknowledged before the kill reached it counts too; a line cut short does not.
    told += [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    writer.stdout.close()
    writer.wait()
    assert all(told), "the writer ended by itself"
    return [UUID(word) for line in told for word in line.split()]
