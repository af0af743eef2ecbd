"""Publishers killed at any moment, again and again: each topic still says what the database says."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from domain.touchpoint import Touchpoint
from replay.commands import linking
from replay.journal import Journal
from replay.live.worker import Worker
from replay.recorder import now_in_utc
from tests.brokers import Broker
from tests.consumers.kafka.reading import first_copies, new_topic, read
from tests.consumers.kafka.test_publish import killed_after, places
from tests.consumers.kafka.test_publish_faults import KINDS
from tests.consumers.kafka.test_publish_journeys import MODELS, facts, folded, record, sent, wanted
from tests.consumers.kafka.test_publish_parked import BROKEN, discard, in_the_table, park, states
from tests.examples import touchpoint_voided

PEOPLE = [UUID(int=number, version=4) for number in range(1, 201)]
NAMES = ("journal", "parked", "journeys")


@pytest.mark.soak
@pytest.mark.parametrize("kills", [100])
def test_every_topic_says_what_the_database_says_whatever_is_killed_when(
    tracked: Journal, database_url: str, kafka: Broker, kills: int
) -> None:
    random = Random(kills)
    vault_url = tracked.vault.database.url
    topics = {name: new_topic(kafka.address) for name in NAMES}
    linked: list[tuple[UUID, UUID]] = []
    for run in range(kills):
        told = facts(random.sample(PEOPLE, 40), run)
        record(tracked, *told)
        void(tracked, random.sample(told, 20), run)
        link_or_unlink(tracked, linked, [event.participant_id for event in told], random)
        park(tracked, *[BROKEN] * 30)
        discard(tracked, run * 30 + random.randint(1, 30))
        name = NAMES[run % len(NAMES)]
        arguments = [database_url, vault_url, kafka.address, topics[name], name]
        assert killed_after(random.randint(1, 4), arguments), "all was published before the kill"
    for kind, name in zip(KINDS, NAMES, strict=True):
        publish = kind(tracked, kafka.address, topic=topics[name])
        publish.catch_up()
        publish.close()
    kept = first_copies(read(kafka.address, topics["journal"]))
    assert {message.place for message in kept} == places(tracked)
    assert len(kept) == len(places(tracked))
    assert states(read(kafka.address, topics["parked"])) == in_the_table(tracked)
    journeys = read(kafka.address, topics["journeys"])
    assert folded(journeys) == wanted(tracked)
    print(
        f"{kills} kills over {len(kept):,} events, {run * 30 + 30:,} parked messages and {len(journeys):,} journeys:"
        " every topic says what the database says"
    )


@pytest.mark.soak
@pytest.mark.parametrize("kills", [50])
def test_journeys_that_are_taken_back_after_a_kill_are_taken_back_in_the_topic(
    tracked: Journal, database_url: str, kafka: Broker, kills: int
) -> None:
    """What was sent and not noted was true for a moment, and is so no more."""
    random = Random(kills)
    vault_url = tracked.vault.database.url
    topic = new_topic(kafka.address)
    arguments = [database_url, vault_url, kafka.address, topic, "journeys"]
    linked: list[tuple[UUID, UUID]] = []
    for run in range(kills):
        told = facts(random.sample(PEOPLE, 30), run)
        record(tracked, *told)
        assert killed_after(random.randint(1, 3), arguments, later_seconds=random.random() / 20)
        if run % 2:
            void(tracked, told, run)
        else:
            link_or_unlink(tracked, linked, [event.participant_id for event in told], random)
        assert folded(sent(tracked, kafka, topic, claim=timedelta(0))) == wanted(tracked)
    print(f"{kills} kills: whatever was taken back after them is taken back in the topic")


def void(journal: Journal, events: Iterable[Touchpoint], run: int) -> None:
    """Take back what was told: some have the journey of before again, some none."""
    record(
        journal,
        *(
            touchpoint_voided.replaced(
                participant_id=event.participant_id, target_event_id=event.event_id, source_id=f"{run}-{number}"
            )
            for number, event in enumerate(events)
        ),
    )


def link_or_unlink(journal: Journal, linked: list[tuple[UUID, UUID]], people: Iterable[UUID], random: Random) -> None:
    """Link some of these people by twos, and take back some of the links."""
    free = sorted(set(people).difference(*linked))
    said: dict[str, Any] = {"now": now_in_utc(), "actor": "worker-01"}
    for one, other in zip(free[:3], reversed(free[-3:]), strict=True):
        linking.link(journal, one, other, reason="the same", **said)
        linked.append((one, other))
    for pair in random.sample(linked, len(linked) // 3):
        linking.unlink(journal, *pair, reason="not the same", **said)
        linked.remove(pair)
    Worker(journal, MODELS).catch_up()
