"""The simulated populations: the published figures exactly, plausible journeys, and the same for the same arguments."""

import gc
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import MetaData, create_engine, insert

from consumers.simulation import Batch, TooFewPeople, population, seoul_2025, worth_looking_at
from domain.clock import END_OF_TIME, parse_moment
from domain.codes import Origin, Stage
from domain.events import ParticipantRegistered, TouchpointCorrected, TouchpointVoided
from domain.history import Recorded, history_of
from projections.contributions import contributions
from projections.figure_definition import FigureValue
from projections.figures import figures
from projections.journey import JourneyRow, journey

ROOT = Path(__file__).parents[2]
PUBLISHED = {
    "calls": 19_254,
    "calls_per_day": 105.2,
    "calls_level_loneliness_talk": 72.9,
    "calls_level_not_stated": 0.0,
    "calls_age_band_middle": 66.5,
    "calls_age_band_youth": 28.6,
    "calls_age_band_older": 4.6,
    "calls_age_band_unknown": 0.3,
    "calls_to_2025_08_13": 15_565,
    "store_visits": 37_762,
    "store_visits_to_2025_04_30": 4_483,
    "prescribed_people": 1_714,
    "counselled_people": 994,
    "supported_people": 640,
    "activities": 350,
    "activity_areas": 17,
}

AMENDMENTS = TouchpointCorrected | TouchpointVoided


class Simulated:
    """A simulated year as a journal would hold it, every event once, folded in memory."""

    def __init__(self, people: int, seed: int) -> None:
        self.people = people
        self.seed = seed
        self.batches = list(seoul_2025(people, seed))
        self.given = sum(len(batch.events) for batch in self.batches)
        self.held: dict[UUID, Recorded] = {}
        for batch in self.batches:
            for event in batch.events:
                self.held.setdefault(event.event_id, Recorded(event, batch.now))
        streams = defaultdict(list)
        for item in self.held.values():
            streams[item.event.participant_id].append(item)
        self.histories = {participant: history_of(participant, items) for participant, items in streams.items()}

    @cached_property
    def journeys(self) -> dict[UUID, list[JourneyRow]]:
        return {person: rows for person, history in self.histories.items() if (rows := [*journey.fold(history)])}


@pytest.fixture(
    scope="module", params=[(5_000, 1), (6_000, 2)], ids=lambda given: f"{given[0]} people, seed {given[1]}"
)
def town(request: pytest.FixtureRequest) -> Iterator[Simulated]:
    # Looking through some million objects for garbage again and again would take most of the time.
    gc.disable()
    try:
        town = Simulated(*request.param)
    finally:
        gc.freeze()
        gc.enable()
    yield town
    gc.unfreeze()


@pytest.fixture(scope="module")
def figures_known_at(town: Simulated) -> Iterator[Callable[[datetime], dict[str, FigureValue]]]:
    """The town's figures as of the end of September 2025, as known at a moment."""
    engine = create_engine("sqlite://")
    table = contributions.table(1, metadata := MetaData())
    with engine.begin() as connection:
        metadata.create_all(connection)
        rows = (row._asdict() for history in town.histories.values() for row in contributions.fold(history))
        while chunk := list(islice(rows, 10_000)):
            connection.execute(insert(table), chunk)
        as_of = parse_moment("2025-09-30")
        yield lambda known_at: {value.code: value for value in figures(connection, table, as_of, known_at)}
    engine.dispose()


def test_the_figures_as_of_the_end_of_september_are_the_published_ones(
    figures_known_at: Callable[[datetime], dict[str, FigureValue]],
) -> None:
    found = figures_known_at(END_OF_TIME)
    assert {code: found[code].value for code in PUBLISHED} == PUBLISHED
    assert 14_027 <= found["calls_level_loneliness_talk"].numerator <= 14_045
    assert round(found["store_visits_a_day"].value or 0) == 47


def test_people_counselled_and_people_supported_overlap(
    figures_known_at: Callable[[datetime], dict[str, FigureValue]],
) -> None:
    found = figures_known_at(END_OF_TIME)
    assert 994 < (found["counselled_or_supported_people"].value or 0) < 994 + 640


def test_the_figures_known_at_the_end_of_september_were_not_yet_the_published_ones(
    figures_known_at: Callable[[datetime], dict[str, FigureValue]],
) -> None:
    then, now = figures_known_at(parse_moment("2025-09-30")), figures_known_at(END_OF_TIME)
    for code in ("calls", "store_visits"):
        assert 0.98 * now[code].numerator < then[code].numerator < now[code].numerator
    assert then["calls_age_band_unknown"].numerator != now["calls_age_band_unknown"].numerator


def test_every_event_is_marked_as_synthetic_also_in_the_words_of_a_correction(town: Simulated) -> None:
    assert {item.event.origin for item in town.held.values()} == {Origin.SYNTHETIC}
    assert {fact.event.origin for history in town.histories.values() for fact in history.facts} == {Origin.SYNTHETIC}


def test_journal_time_ascends_and_nothing_is_told_before_it_happened(town: Simulated) -> None:
    assert all(earlier.now < later.now for earlier, later in pairwise(town.batches))
    assert all(event.occurred_at <= batch.now for batch in town.batches for event in batch.events)


def test_every_event_stands_up_to_being_read_again(town: Simulated) -> None:
    for event, *_ in list(town.held.values())[::50]:
        assert type(event).model_validate(event.model_dump(mode="json")) == event


def test_some_events_come_late_some_twice_and_some_are_amended(town: Simulated) -> None:
    kinds = Counter(type(item.event) for item in town.held.values())
    late = sum((item.recorded_at - item.event.occurred_at).days >= 1 for item in town.held.values())
    assert kinds[TouchpointCorrected] > 100
    assert kinds[TouchpointVoided] > 100
    assert 0.02 < late / len(town.held) < 0.1
    assert 0 < town.given - len(town.held) < 0.01 * town.given


def test_every_delivery_of_an_event_has_the_same_content(town: Simulated) -> None:
    assert all(town.held[event.event_id].event == event for batch in town.batches for event in batch.events)


def test_every_amendment_has_its_target(town: Simulated) -> None:
    amended = {event.target_event_id for event, *_ in town.held.values() if isinstance(event, AMENDMENTS)}
    assert amended <= town.held.keys()


def test_everybody_asked_for_is_registered_once(town: Simulated) -> None:
    registered = [event.participant_id for event, *_ in town.held.values() if isinstance(event, ParticipantRegistered)]
    assert len(registered) == len(set(registered)) == town.people


def test_people_are_in_all_four_stages_and_some_were_isolated_again(town: Simulated) -> None:
    current = Counter(rows[-1].stage for rows in town.journeys.values())
    rules = Counter(row.rule for rows in town.journeys.values() for row in rows)
    for stage in (Stage.PREVENTION, Stage.HEALING, Stage.RETURN, Stage.RE_ISOLATION_PREVENTION):
        assert current[stage] > 0.05 * town.people, stage
    assert {"P1", "H1", "T1", "T2", "M1", "M2", "X1", "X2", "X3", "E1", "N1"} <= rules.keys()
    assert 0.02 * rules["T1"] < rules["X1"] + rules["X2"] + rules["X3"] < 0.3 * rules["T1"]


def test_the_first_of_the_two_worth_looking_at_is_kept_in_society(town: Simulated) -> None:
    kept, _ = worth_looking_at(town.seed)
    stages = [row.stage for row in town.journeys[kept.participant_id]]
    assert stages == [Stage.PREVENTION, Stage.HEALING, Stage.RETURN, Stage.RE_ISOLATION_PREVENTION]


def test_the_second_of_the_two_worth_looking_at_fell_back_and_returned(town: Simulated) -> None:
    _, fell_back = worth_looking_at(town.seed)
    rows = town.journeys[fell_back.participant_id]
    assert [row.rule for row in rows] == ["P1", "H1", "T1", "X2", "T1"]
    assert rows[-1].stage == Stage.RETURN


def test_the_two_worth_looking_at_are_told_of_in_a_sentence_each() -> None:
    kept, fell_back = worth_looking_at(7)
    assert kept.participant_id != fell_back.participant_id
    assert all(found.sentence.endswith(".") for found in (kept, fell_back))


@pytest.mark.parametrize("people", [4_999, 0, -1])
def test_fewer_than_five_thousand_people_are_refused_before_anything_is_told(people: int) -> None:
    with pytest.raises(TooFewPeople, match=r"at least 5000 people .* too few"):
        seoul_2025(people, 1)


def test_another_seed_tells_of_other_people() -> None:
    one, another = (next(iter(seoul_2025(5_000, seed))) for seed in (1, 2))
    assert not people_in([one]) & people_in([another])


@pytest.mark.parametrize("told", ["seoul_2025(5_000, 3)", "population(20_000, 3)"])
def test_the_same_arguments_tell_the_same_in_every_process(told: str) -> None:
    assert told_in_a_process(told, hash_seed="1") == told_in_a_process(told, hash_seed="2") != ""


def told_in_a_process(told: str, *, hash_seed: str) -> str:
    """A digest of the first 60 batches, told by a process of its own whose hashes are ordered differently."""
    program = f"""
from hashlib import sha256
from itertools import islice
from consumers.simulation import population, seoul_2025
digest = sha256()
for batch in islice({told}, 60):
    digest.update(repr(batch).encode())
print(digest.hexdigest())
"""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_population_has_the_size_asked_for_and_a_realistic_mix() -> None:
    batches = list(population(20_000, 1))
    events = [event for batch in batches for event in batch.events]
    sealed = sum(any(event.__dict__[name] is not None for name in event.sealed_fields) for event in events)
    assert len(events) == 20_000
    assert 12 < len(events) / len(people_in(batches)) < 18
    assert 0.25 < sealed / len(events) < 0.35
    assert len({type(event) for event in events}) > 15


def test_a_population_ascends_in_journal_time_and_is_marked_as_synthetic() -> None:
    batches = list(population(5_000, 1))
    assert all(earlier.now < later.now for earlier, later in pairwise(batches))
    for batch in batches:
        assert all(event.occurred_at <= batch.now for event in batch.events)
        assert {event.origin for event in batch.events} == {Origin.SYNTHETIC}
    for event in batches[len(batches) // 2].events:
        assert type(event).model_validate(event.model_dump(mode="json")) == event


def people_in(batches: Iterable[Batch]) -> set[UUID]:
    return {event.participant_id for batch in batches for event in batch.events}
