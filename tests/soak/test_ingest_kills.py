"""The consumer killed at any moment: no message is lost, none counts twice, rows stay equal to the fold."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select

from domain.touchpoint import Touchpoint
from replay.journal import Journal
from replay.live.worker import Worker
from replay.rebuild import rebuild
from replay.tables import journal as stored
from tests.brokers import Broker
from tests.conftest import MODELS
from tests.consumers.kafka.topics import Topic
from tests.examples import call_received, measure_taken, store_visited
from tests.soak.test_kills import digests

EXAMPLES = (call_received, store_visited, measure_taken)
DUPLICATES, REORDERED = 0.05, 0.02
EVENTS_A_PERSON = 20


def touchpoints(count: int) -> Iterator[Touchpoint]:
    for number in range(count):
        person = UUID(int=1 + number % max(1, count // EVENTS_A_PERSON), version=4)
        yield EXAMPLES[number % 3].replaced(participant_id=person, source_id=f"m-{number}")


def delivered(events: list[Touchpoint], random: Random) -> list[Touchpoint]:
    """As they come: some again later, some out of order."""
    told = list(events)
    for event in random.sample(events, int(len(events) * DUPLICATES)):
        told.insert(random.randrange(len(told)), event)
    for index in random.sample(range(len(told)), int(len(told) * REORDERED)):
        other = random.randrange(len(told))
        told[index], told[other] = told[other], told[index]
    return told


@pytest.mark.parametrize(
    ("kills", "messages"), [(2, 1_000), pytest.param(100, 200_000, marks=pytest.mark.soak)], ids=["2", "100"]
)
def test_no_message_is_lost_or_counts_twice_whatever_is_killed_when(
    tracked: Journal, database_url: str, kafka: Broker, kills: int, messages: int
) -> None:
    random = Random(kills)
    database, vault_url = tracked.database, tracked.vault.database.url
    events = list(touchpoints(messages))
    # About so many that the last kill comes before the end.
    batch = max(1, messages // (kills * 12))
    with Topic(kafka.address) as topic:
        for event in delivered(events, random):
            topic.put(event)
        topic.flush()
        for run in range(kills):
            arguments = [database_url, vault_url, kafka.address, topic.name, str(run), str(batch)]
            killed_after(random.randint(1, 8), arguments)
        assert not topic.is_settled(tracked, topic.ends()), "all was settled before the last kill"
        topic.settle(tracked)
    with database.read() as connection:
        ids = stored.c.event_id
        counted = connection.execute(
            select(func.count(), func.count(ids.distinct()), func.max(stored.c.position))
        ).one()
    assert counted == (messages, messages, messages)
    wanted = iter(event.event_id for event in events)
    while some := list(islice(wanted, 10_000)):
        assert {event.event_id for event in tracked.find(some)} == set(some)
    Worker(tracked, MODELS).catch_up()
    live = digests(tracked)
    rebuild(tracked, MODELS)
    assert digests(tracked) == live
    print(f"{kills} kills over {messages:,} messages: 0 lost, 0 twice, rows = fold")


def killed_after(batches: int, arguments: list[str]) -> None:
    """Run an ingester and kill it with SIGKILL somewhere after so many batches."""
    command = [sys.executable, "-m", "tests.soak.ingester", *arguments]
    ingester = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert ingester.stdout is not None
    settled = 0
    while settled < batches:
        line = ingester.stdout.readline()
        assert line, "the ingester ended by itself"
        settled += int(line) > 0
    ingester.kill()
    ingester.stdout.close()
    ingester.wait()
