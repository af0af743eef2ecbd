"""A replay killed at any moment: the rows that serve never change under it, and the next one goes on to the end."""

import subprocess
import sys
from contextlib import suppress
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from replay.journal import Journal
from replay.live.verify import verify
from replay.live.worker import Worker
from replay.rebuild import ledger
from replay.tables import read_models
from tests.conftest import MODELS
from tests.examples import call_received, measure_taken, store_visited
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.test_by_person import copies
from tests.soak.test_kills import digests

EXAMPLES = (call_received, store_visited, measure_taken)
PEOPLE = 100
"""For each kill: thirty parts of a replay, of which those who fold have done some ten when it comes."""


@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.soak)])
@pytest.mark.parametrize("copies_from", [0, 1], ids=["as it lies", "from a copy"])
def test_a_replay_survives_every_kill_and_changes_nothing_until_it_is_done(
    tracked: Journal, database_url: str, kills: int, copies_from: int
) -> None:
    people = [UUID(int=number << 90, version=4) for number in range(1, 1 + PEOPLE * kills)]
    database, vault_url = tracked.database, tracked.vault.database.url
    tracked.record([event.replaced(participant_id=person) for person in people for event in EXAMPLES])
    tracked.record(linked(people[0], people[-1], "far apart"))
    worker, random = Worker(tracked, MODELS, batch=1_000), Random(kills)
    worker.catch_up()
    for kill in range(kills):
        live = digests(tracked)
        arguments = [database_url, vault_url, str(1 + kill % 2), str(copies_from)]
        assert not killed_or_done(arguments, after=random.randint(0, 4), moment=random.uniform(0, 0.3))
        assert digests(tracked) == live
        # Life goes on between the kills, and the rows that serve with it.
        tracked.record([call_received.replaced(participant_id=random.choice(people), source_id=f"news {kill}")])
        worker.catch_up()
    live = digests(tracked)
    assert killed_or_done([database_url, vault_url, "2", str(copies_from)])
    assert digests(tracked) == live
    assert copies(tracked) == []
    assert verify(tracked, MODELS).findings == []
    with database.read() as connection:
        assert ledger.unfinished(connection, tracked.clock()) == []
        states = connection.scalars(select(read_models.c.state).where(read_models.c.state != "dropped")).all()
    assert sorted(states) == ["live"] * len(MODELS) + ["retired"] * len(MODELS)


def killed_or_done(arguments: list[str], after: int | None = None, moment: float = 0) -> bool:
    """Run a replay and kill it with SIGKILL; whether it came to its end before.

    `after` so many parts; or after none, and then a `moment` in seconds after it began.
    """
    command = [sys.executable, "-m", "tests.soak.replayer", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as replay:
        assert replay.stdout is not None
        for number, line in enumerate(replay.stdout):
            if line.strip() == "switched":
                return True
            if number == after:
                if after == 0:
                    with suppress(subprocess.TimeoutExpired):
                        replay.wait(moment)
                replay.kill()
    return False
