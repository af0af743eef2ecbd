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
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import MetaData, create_engine, insert

from consumers.simulation import Batch, TooFewPeople, households_of, population, seoul_2025, worth_looking_at
from consumers.simulation.scenario import LAST_DAY
from domain.alerts import Cause, alerts_of
from domain.casework import State as ConcernState
from domain.casework import assignments_of, concerns_of, residences_of
from domain.clock import END_OF_TIME, day_of, end_of_day, parse_moment
from domain.clues import ClueKind, clues_of
from domain.codes import About, ConsentScope, JourneyEnd, Origin, Reporter, Stage, StepDownReason
from domain.components import in_force, roots
from domain.consent_standing import ConsentStatus, consent_standing
from domain.events import (
    ActivistSteppedDown,
    CallReceived,
    ConsentGiven,
    CrisisEscalated,
    IdentitiesLinked,
    IdentitiesUnlinked,
    JourneyEnded,
    ParticipantRegistered,
    ProcessingRestricted,
    ProcessingResumed,
    ReferralAccepted,
    ReferralClosed,
    ReferralDeclined,
    ReferralSent,
    RightsAnswered,
    RightsRequested,
    ShiftHandedOver,
    StageOverridden,
    StoreVisited,
    TieReported,
    TouchpointCorrected,
    TouchpointVoided,
)
from domain.history import Recorded, history_of, links_of
from domain.network.shared import Party, SeenKind, seen_by
from domain.roles import Role, roles_of
from domain.touchpoint import Touchpoint
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
        links = links_of(self.held.values())
        together = roots((link.one, link.other) for link in in_force(links))
        self.streams = defaultdict(list)
        for item in self.held.values():
            self.streams[item.event.participant_id].append(item)
        self.root_of = {person: together.get(person, person) for person in self.streams}
        self.identities = defaultdict(list)
        for person, root in self.root_of.items():
            self.identities[root].append(person)
        ever = roots((link.one, link.other) for link in links)
        around = defaultdict(list)
        for link in links:
            around[ever[link.one]].append(link)
        self.histories = {
            root: history_of(
                root,
                [item for identity in identities for item in self.streams[identity]],
                links=around.get(ever.get(root, root), ()),
            )
            for root, identities in self.identities.items()
        }

    def told(self, *kinds: type[Touchpoint]) -> list[Any]:
        """The events of these kinds, as told."""
        return [item.event for item in self.held.values() if type(item.event) in kinds]

    def party(self, person: UUID, moment: datetime) -> Party:
        """Whoever goes by a pseudonym in the end, as of a moment."""
        root = self.root_of[person]
        own = [item for identity in self.identities[root] for item in self.streams[identity]]
        return Party(history_of(root, own, as_of=moment), frozenset(self.identities[root]))

    @cached_property
    def journeys(self) -> dict[UUID, list[JourneyRow]]:
        return {person: rows for person, history in self.histories.items() if (rows := [*journey.fold(history)])}


@pytest.fixture(
    scope="module",
    params=[(5_000, 1), pytest.param((6_000, 2), marks=pytest.mark.soak)],
    ids=lambda given: f"{given[0]} people, seed {given[1]}",
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


def test_the_first_of_those_worth_looking_at_is_kept_in_society(town: Simulated) -> None:
    kept, _, _ = worth_looking_at(town.seed)
    stages = [row.stage for row in town.journeys[kept.participant_id]]
    assert stages == [Stage.PREVENTION, Stage.HEALING, Stage.RETURN, Stage.RE_ISOLATION_PREVENTION]


def test_the_second_of_those_worth_looking_at_fell_back_and_returned(town: Simulated) -> None:
    _, fell_back, _ = worth_looking_at(town.seed)
    rows = town.journeys[fell_back.participant_id]
    assert [row.rule for row in rows] == ["P1", "H1", "T1", "X2", "T1"]
    assert rows[-1].stage == Stage.RETURN


def test_the_third_of_those_worth_looking_at_waits_in_healing(town: Simulated) -> None:
    *_, waiting = worth_looking_at(town.seed)
    assert [row.stage for row in town.journeys[waiting.participant_id]] == [Stage.PREVENTION, Stage.HEALING]


def test_those_worth_looking_at_are_told_of_in_a_sentence_each() -> None:
    found = worth_looking_at(7)
    assert len({one.participant_id for one in found}) == len(found) == 3
    assert all(one.sentence.endswith(".") for one in found)


def test_most_alerts_are_taken_on_within_minutes_and_those_of_the_last_day_wait(town: Simulated) -> None:
    alerts = {alert: root for root, history in town.histories.items() for alert in alerts_of(history)}
    waiting = [alert for alert in alerts if alert.until == END_OF_TIME and not alert.silent]
    *_, who = worth_looking_at(town.seed)
    assert {alerts[alert] for alert in waiting} == {who.participant_id}
    assert {alert.cause for alert in waiting} == {Cause.EMERGENCY_CALL, Cause.SAFETY_FLAG}
    assert all(alert.reaches for alert in waiting)
    in_time = [alert for alert in alerts if alert.until < alert.escalates_at]
    too_late = [alert for alert in alerts if alert.escalates_at <= alert.until < END_OF_TIME]
    assert len(in_time) > 0.9 * len(alerts) > 270
    assert len(too_late) > 5
    assert town.told(CrisisEscalated)
    assert town.told(ShiftHandedOver)


def test_anonymous_callers_and_guests_with_a_nickname_are_linked_to_people_who_are_registered(town: Simulated) -> None:
    linked = {frozenset((event.participant_id, event.other_id)) for event in town.told(IdentitiesLinked)}
    registered = {event.participant_id for event in town.told(ParticipantRegistered)}
    called = {event.participant_id for event in town.told(CallReceived) if event.anonymous}
    nicknamed = {event.participant_id for event in town.told(StoreVisited) if event.nickname}
    for contacts in (called, nicknamed):
        met = [pair for pair in linked if len(pair & contacts) == len(pair & registered) == 1]
        assert len(met) > 10
        assert all(len({town.root_of[person] for person in pair}) == 1 for pair in met)
    assert all(pair & registered for pair in linked)


def test_nobody_is_linked_before_the_journal_knows_them(town: Simulated) -> None:
    for item in town.held.values():
        if isinstance(item.event, IdentitiesLinked):
            own = town.streams[item.event.participant_id]
            assert any(known.recorded_at < item.recorded_at for known in own)


def test_two_people_with_journeys_of_their_own_were_taken_for_one_and_are_two_again(town: Simulated) -> None:
    [one, other] = town.told(IdentitiesUnlinked)
    assert (one.participant_id, one.pair_id) == (other.other_id, other.pair_id)
    roots_of_two = {town.root_of[event.participant_id] for event in (one, other)}
    assert len(roots_of_two) == 2
    assert all(town.journeys[root] for root in roots_of_two)


def test_what_majung_decides_and_what_cannot_wait_is_told_on_its_day(town: Simulated) -> None:
    commands = [item for item in town.held.values() if item.event.is_command or type(item.event) is StageOverridden]
    assert len(commands) > 50
    assert all(day_of(item.recorded_at) == day_of(item.event.occurred_at) for item in commands)


def test_some_are_registered_twice_and_share_a_phone_and_a_name_with_its_date_of_birth(town: Simulated) -> None:
    people = defaultdict(set)
    for root, history in town.histories.items():
        for clue in clues_of(history):
            people[clue].add(root)
    shared = Counter(clue.kind for clue, roots in people.items() if len(roots) > 1)
    assert shared[ClueKind.NAME_BIRTH] == 9
    assert shared[ClueKind.PHONE] == shared[ClueKind.PARTED] + 9 == 10
    assert 5 < shared[ClueKind.NICKNAME] < 200


def test_no_phone_is_of_a_range_that_is_given_out(town: Simulated) -> None:
    phones = [event.phone for event in town.told(ParticipantRegistered) if event.phone]
    assert len(phones) > 4_000
    assert all(phone.startswith("010-0000-") for phone in phones)


def test_every_counsellor_has_people_assigned_and_some_people_change_hands(town: Simulated) -> None:
    assignments = [found for history in town.histories.values() for found in assignments_of(history)]
    still = Counter(found.worker for found in assignments if found.until == END_OF_TIME)
    assert len(still) == 36
    assert min(still.values()) > 20
    assert sum(found.ended_by is not None for found in assignments) > 100


def test_most_of_those_somebody_worries_about_are_found_and_some_refuse_or_are_not_there(town: Simulated) -> None:
    concerns = [concern for history in town.histories.values() for concern in concerns_of(history)]
    stands = Counter(concern.periods[-1].state for concern in concerns)
    assert stands[ConcernState.FOUND] > 0.7 * len(concerns) > 1_000
    assert min(stands[state] for state in (ConcernState.REFUSED, ConcernState.NOT_FOUND)) > 10
    assert {concern.reporter for concern in concerns} > set(Reporter)
    assert {concern.about for concern in concerns} == set(About)


def test_households_have_several_members_and_some_move_out(town: Simulated) -> None:
    members = defaultdict(list)
    for root, history in town.histories.items():
        for residence in residences_of(history):
            members[residence.household_id].append((root, residence.until))
    first, *_ = households_of(town.seed, 1)
    assert len(members[first]) == 2
    assert Counter(len(found) for found in members.values()).keys() == {2, 3}
    assert 3 < sum(until < END_OF_TIME for found in members.values() for _, until in found) < 60


def test_a_tie_to_an_activist_is_seen_from_both_sides_until_one_withdraws(town: Simulated) -> None:
    moment = end_of_day(LAST_DAY)
    seen: Counter[str] = Counter()
    for tie in town.told(TieReported):
        if tie.alter_id is not None:
            helped, activist = (town.party(person, moment) for person in (tie.participant_id, tie.alter_id))
            there = [period.kind for found in seen_by(activist, [helped], moment) for period in found.periods]
            here = [found.alter for found in seen_by(helped, [activist], moment) if found.alter]
            seen["both" if there and here else "neither" if not (there or here) else "one"] += 1
            assert set(there) <= {SeenKind.HELPED}
    assert seen["both"] > 25
    assert seen["neither"] > 5
    assert not seen["one"]


def test_consent_to_be_called_has_lapsed_for_some_and_was_renewed_by_others(town: Simulated) -> None:
    moment = end_of_day(LAST_DAY)
    given = {event.participant_id for event in town.told(ConsentGiven) if event.valid_until is not None}
    stands = Counter(
        standing.status
        for person in given
        for standing in consent_standing(town.party(person, moment).history, moment)
        if standing.scope == ConsentScope.CALLBACK
    )
    assert stands[ConsentStatus.LAPSED] > 20
    assert stands[ConsentStatus.IN_FORCE] > 20


def test_activists_who_relapse_are_helped_under_the_same_identity(town: Simulated) -> None:
    relapsed = {e.participant_id for e in town.told(ActivistSteppedDown) if e.reason is StepDownReason.RELAPSE}
    assert len(relapsed) == 3
    for person in relapsed:
        roles = [held.role for held in roles_of(town.histories[town.root_of[person]])]
        assert {Role.PARTICIPANT, Role.TRAINEE, Role.HEALING_ACTIVIST} <= set(roles)
        assert town.journeys[town.root_of[person]][-1].rule == "X3"


def test_some_end_their_journey_for_every_reason_and_some_come_back(town: Simulated) -> None:
    assert {event.reason for event in town.told(JourneyEnded)} == set(JourneyEnd)
    back = [rows for rows in town.journeys.values() if any(row.rule == "N1" for row in rows)]
    assert len(back) > 3


def test_referrals_overrides_restrictions_and_rights_are_used_by_some(town: Simulated) -> None:
    told = Counter(type(item.event) for item in town.held.values())
    assert told[ReferralSent] > told[ReferralAccepted] > told[ReferralDeclined] > 5
    assert told[ReferralSent] > told[ReferralClosed] > 5
    assert told[ProcessingRestricted] > told[ProcessingResumed] > 0
    assert told[RightsRequested] >= told[RightsAnswered] > 0
    assert all(event.expires_on > day_of(event.occurred_at) for event in town.told(StageOverridden))
    assert told[StageOverridden] > 5


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
