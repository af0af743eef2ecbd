"""Six writers and a reader at the tail of the log: nothing missed, no gap, in commit order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import update

from domain.touchpoint import Touchpoint
from replay.journal import Journal, Outcome
from replay.mapper import JournalEvent
from replay.tables import heads
from tests.examples import call_received, measure_taken, store_visited

WRITERS = 6
BATCHES = 15
PEOPLE = [UUID(int=number, version=4) for number in range(1, 8)]


def told_by(writer: int, batch: int) -> list[Touchpoint]:
    """Eight touchpoints of people whom every writer knows; the last batch is a single fact."""
    examples: list[Touchpoint] = [call_received, store_visited, measure_taken, call_received]
    size = 1 if batch == BATCHES - 1 else 8
    return [
        examples[number % len(examples)].replaced(
            participant_id=PEOPLE[(writer + number) % len(PEOPLE)], source_id=f"{writer}-{batch}-{number}"
        )
        for number in range(size)
    ]


def test_six_writers_and_a_tail_reader_miss_nothing_and_see_no_gap(journal: Journal) -> None:
    written = Event()

    def write(writer: int) -> list[Outcome]:
        return list(chain.from_iterable(journal.record(told_by(writer, batch)) for batch in range(BATCHES)))

    def follow() -> list[int]:
        """Read to the end of the log again and again, each time from where the last look ended."""
        log = journal.log_of(0)
        seen: list[int] = []
        while True:
            over = written.is_set()
            found = log.select_notifications(start=seen[-1] if seen else 0, limit=50, inclusive_of_start=False)
            seen += [notification.id for notification in found]
            if over and not found:
                return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(follow)
        outcomes = list(chain.from_iterable(pool.map(write, range(WRITERS))))
        written.set()
        seen = reader.result()

    total = WRITERS * ((BATCHES - 1) * 8 + 1)
    assert [outcome.status for outcome in outcomes] == ["recorded"] * total
    assert seen == list(range(1, total + 1))
    assert sorted(outcome.position or 0 for outcome in outcomes) == seen
    for person in PEOPLE:
        versions = [told.originator_version for told in journal.events.get(person)]
        assert versions == list(range(1, len(versions) + 1))


def test_writers_who_tell_the_same_facts_at_once_record_each_once(journal: Journal) -> None:
    events = told_by(0, 0)
    with ThreadPoolExecutor(WRITERS) as pool:
        told = list(pool.map(lambda _: journal.record(events), range(WRITERS)))
    statuses = [outcome.status for outcomes in told for outcome in outcomes]
    assert statuses.count("recorded") == len(events)
    assert statuses.count("duplicate") == len(events) * (WRITERS - 1)
    assert journal.head() == (len(events),)


@pytest.mark.parametrize("size", [1, 2])
def test_who_waits_for_the_head_is_recorded_at_the_time_of_having_it(journal: Journal, size: int) -> None:
    """Or a question asked while they waited would be answered otherwise afterwards."""
    waiting = told_by(1, 0)[:size]
    with ThreadPoolExecutor(1) as pool, journal.database.write() as connection:
        connection.execute(update(heads).values(position=heads.c.position))
        late = pool.submit(journal.record, waiting)
        with pytest.raises(TimeoutError):
            late.result(timeout=0.3)
        asked_at = datetime.now(UTC)
        connection.rollback()
        late.result()
    [first, *_] = journal.events.get(waiting[0].participant_id)
    assert isinstance(first, JournalEvent)
    assert first.recorded_at >= asked_at
