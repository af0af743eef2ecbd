"""The data subject's copy: everything that is theirs, nothing that is somebody else's, the same bytes every time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api import wiring
from api.subject_copy import EarlierCopyRefused, HouseholdHasNoCopy, SubjectCopy, subject_copy
from api.wiring import Majung
from domain.clock import parse_moment
from domain.touchpoint import Touchpoint
from replay.commands.linking import link, unlink
from replay.queries.as_of import PersonUnknown
from replay.recorder import now_in_utc
from tests.api.http.requests import settings_in
from tests.examples import (
    EXAMPLES,
    HOUSEHOLD,
    OTHER_PARTICIPANT,
    PARTICIPANT,
    call_received,
    counselling_held,
    measure_taken,
    participant_registered,
    risk_assessed,
    tie_reported,
    touchpoint_corrected,
    touchpoint_voided,
    worker_assigned,
)

STRANGER = UUID("7f000000-0000-4000-8000-000000000001")


@pytest.fixture
def majung(tmp_path: Path, database_url: str) -> Iterator[Majung]:
    settings = settings_in(tmp_path, database_url)
    wiring.upgrade(settings, shards=2)
    with wiring.start(settings) as majung:
        yield majung


def copy(majung: Majung, person: UUID = PARTICIPANT, known_at: str | None = None) -> SubjectCopy:
    return subject_copy(majung.journal, person, parse_moment(known_at) if known_at else None)


def facts() -> list[Touchpoint]:
    return [event for event in EXAMPLES.values() if not event.is_command]


def test_everything_recorded_is_there_and_opened_and_nobody_elses_pseudonym(majung: Majung) -> None:
    told = facts()
    majung.journal.record(told)
    found = copy(majung)
    assert found.about.counts.events == len(found.events) == len(told)
    assert {event.event_id for event in found.events} == {event.event_id for event in told}
    text = found.model_dump_json()
    for own in ("A name", "000-0000-0000", "From the walking group", "Did not feel well", "worker-07"):
        assert own in text
    for others in (str(OTHER_PARTICIPANT), str(HOUSEHOLD), "activist-03", "A basement room behind the market"):
        assert others not in text
    assert found.about.withheld == sum(len(event.withheld) for event in found.events) > 0


def test_every_section_is_there_and_counted(majung: Majung) -> None:
    majung.journal.record(facts())
    found = copy(majung)
    for name, count in found.about.counts:
        assert count == len(getattr(found, name)) > 0, name
    assert found.about.rule_version == "1"
    assert [step.rule for step in found.stages][:2] == ["P1", "H1"]
    assert {role.role.value for role in found.roles} == {"participant", "trainee", "healing_activist"}
    assert found.ties[0].label == "From the walking group"
    assert {fact.type for fact in found.disclosures} == {"data-disclosed.v1", "export-released.v1"}
    assert found.consents[0].fields["scopes"] == ["callback", "health", "service"]


def test_the_same_journal_gives_the_same_bytes_whatever_is_told_of_others(majung: Majung) -> None:
    now = parse_moment("2025-07-01")
    majung.journal.record(facts(), now=now)
    first = copy(majung).model_dump_json()
    assert copy(majung).model_dump_json() == first
    others = [event.replaced(participant_id=STRANGER) for event in reversed(facts())]
    majung.journal.record(others, now=now)
    assert copy(majung).model_dump_json() == first


def test_a_correction_is_told_with_before_and_after(majung: Majung) -> None:
    majung.journal.record([call_received, touchpoint_corrected])
    found = copy(majung)
    [correction] = found.corrections
    assert correction.before is not None
    assert correction.after is not None
    assert (correction.before["level"], correction.after["level"]) == ("loneliness_talk", "information")
    assert correction.after["note"] == "Asked where the store is."
    assert (correction.in_force, correction.recorded_by) == (True, "worker-07")
    assert [event.status for event in found.events] == ["corrected", "correction"]


def test_a_correction_of_what_is_not_recorded_yet_is_told_and_not_in_force(majung: Majung) -> None:
    majung.journal.record([participant_registered, touchpoint_corrected, touchpoint_voided])
    found = copy(majung)
    assert [(told.before, told.after, told.in_force) for told in found.corrections] == [(None, None, False)] * 2
    assert [event.status for event in found.events] == ["in_force", "correction", "correction"]


def test_what_was_voided_is_named_without_what_was_said(majung: Majung) -> None:
    void = touchpoint_voided.replaced(target_event_id=measure_taken.event_id, reason="it was his brother")
    majung.journal.record([measure_taken, counselling_held, void])
    found = copy(majung)
    status = {event.type: event.status for event in found.events}
    assert (status["measure-taken.v1"], status["counselling-held.v1"]) == ("voided", "in_force")
    [correction] = found.corrections
    assert correction.before is not None
    assert (correction.after, "score" in correction.before, found.scores) == (None, False, [])
    assert "his brother" not in found.model_dump_json()


def test_linked_identities_are_one_copy_and_parted_ones_have_nothing_of_each_other(majung: Majung) -> None:
    other = risk_assessed.replaced(participant_id=OTHER_PARTICIPANT, isolation_type="of the other")
    majung.journal.record([call_received, other])
    said: dict[str, Any] = {"reason": "one caller, two numbers", "actor": "worker-07", "now": majung.now()}
    link(majung.journal, PARTICIPANT, OTHER_PARTICIPANT, **said)
    together = copy(majung)
    assert together.about.identities == [PARTICIPANT, OTHER_PARTICIPANT]
    assert copy(majung, OTHER_PARTICIPANT).events == together.events
    assert "one caller, two numbers" in together.model_dump_json()
    unlink(majung.journal, PARTICIPANT, OTHER_PARTICIPANT, **said)
    text = copy(majung).model_dump_json()
    for others in (str(OTHER_PARTICIPANT), "of the other", "one caller, two numbers"):
        assert others not in text


def test_it_is_asked_as_known_at_a_time(majung: Majung) -> None:
    majung.journal.record([call_received], now=parse_moment("2025-06-01"))
    majung.journal.record([tie_reported], now=parse_moment("2025-07-01"))
    then = copy(majung, known_at="2025-06-15")
    assert (then.about.counts.events, then.about.known_at) == (1, parse_moment("2025-06-15"))
    assert then.about.last_recorded_at == parse_moment("2025-06-01")
    assert copy(majung).about.counts.events == 2


@pytest.mark.parametrize("linked", [True, False])
def test_what_turned_out_to_be_somebody_elses_is_not_given_as_it_was_known(majung: Majung, linked: bool) -> None:
    day = parse_moment("2025-07-01")
    theirs = participant_registered.replaced(participant_id=OTHER_PARTICIPANT if linked else PARTICIPANT)
    majung.journal.record([call_received, theirs], now=day)
    said: dict[str, Any] = {"reason": "one caller", "actor": "worker-07"}
    if linked:
        majung.journal.clock = lambda: day
        link(majung.journal, PARTICIPANT, OTHER_PARTICIPANT, **said, now=day)
    then = copy(majung, known_at="2025-07-02")
    assert str(theirs.name) in then.model_dump_json()
    majung.journal.clock = now_in_utc
    if linked:
        unlink(majung.journal, PARTICIPANT, OTHER_PARTICIPANT, **said, now=majung.now())
    else:
        majung.journal.record([touchpoint_voided.replaced(target_event_id=theirs.event_id)])
    with pytest.raises(EarlierCopyRefused):
        copy(majung, known_at="2025-07-02")
    assert str(theirs.name) not in copy(majung).model_dump_json()


def test_an_activist_who_recorded_something_is_not_named(majung: Majung) -> None:
    activist = call_received.replaced(participant_id=STRANGER)
    by_activist = counselling_held.replaced(actor=str(STRANGER))
    majung.journal.record([activist, by_activist, worker_assigned])
    found = {event.type: event for event in copy(majung).events}
    assert (found["counselling-held.v1"].recorded_by, found["counselling-held.v1"].withheld) == (None, ["actor"])
    assert found["worker-assigned.v1"].fields["worker"] == "worker-08"


def test_a_household_has_no_copy_and_neither_has_who_is_unknown(majung: Majung) -> None:
    majung.journal.record([participant_registered.replaced(participant_id=HOUSEHOLD, kind="household")])
    with pytest.raises(HouseholdHasNoCopy):
        copy(majung, HOUSEHOLD)
    with pytest.raises(PersonUnknown):
        copy(majung)
