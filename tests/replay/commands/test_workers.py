"""Who acts is a worker: somebody whose journey is tracked has no access to a file, whatever name is given."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from domain.codes import Stage
from replay.commands.linking import link, unlink
from replay.commands.overriding import end_override, override
from replay.commands.workers import NotAWorker, RefusedByPolicy, tracked
from replay.journal import Journal
from replay.queries.as_of import PersonUnknown
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, activity_performed, call_received, stage_overridden
from tests.replay.linking import journal_of

ACTIVIST = UUID("5c0f4a52-6a0f-4d0a-9d30-8f2a70d9f0b1")
STRANGER = UUID("7f000000-0000-4000-8000-000000000001")
COMMANDS: dict[str, Callable[..., object]] = {
    "link": partial(link, one=PARTICIPANT, other=OTHER_PARTICIPANT),
    "unlink": partial(unlink, one=PARTICIPANT, other=OTHER_PARTICIPANT),
    "override": partial(override, participant_id=PARTICIPANT, stage=Stage.HEALING, expires_on=date(2999, 12, 31)),
    "end_override": partial(end_override, participant_id=PARTICIPANT),
}


@pytest.fixture
def known(journal: Journal) -> Journal:
    """Two people, and an activist who is tracked like both."""
    journal.record(
        [
            call_received,
            call_received.replaced(participant_id=OTHER_PARTICIPANT),
            activity_performed.replaced(participant_id=ACTIVIST),
        ]
    )
    return journal


def said(journal: Journal, actor: str | None) -> dict[str, Any]:
    return {"journal": journal, "reason": "heard more", "actor": actor, "now": journal.clock()}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_no_command_of_an_activist_is_carried_out(known: Journal, command: Callable[..., object]) -> None:
    before = known.head()
    with pytest.raises(NotAWorker) as refused:
        command(**said(known, str(ACTIVIST)))
    assert known.head() == before
    assert "worker decides" in str(refused.value)
    assert str(ACTIVIST) not in str(refused.value)


def test_an_activist_is_refused_before_anything_tells_of_the_file(known: Journal) -> None:
    with pytest.raises(NotAWorker):
        end_override(participant_id=STRANGER, **said(known, str(ACTIVIST)))
    with pytest.raises(PersonUnknown):
        end_override(participant_id=STRANGER, **said(known, "worker-07"))


def test_a_worker_may_act_also_one_whose_pseudonym_is_a_uuid(known: Journal) -> None:
    for actor in (None, "worker-07", str(STRANGER)):
        override(participant_id=PARTICIPANT, stage=Stage.HEALING, expires_on=date(2999, 12, 31), **said(known, actor))


def test_the_journal_itself_refuses_a_decision_of_an_activist(known: Journal) -> None:
    told = stage_overridden.replaced(actor=str(ACTIVIST))
    with pytest.raises(RefusedByPolicy):
        known.decide(PARTICIPANT, lambda _: [told])
    with pytest.raises(RefusedByPolicy):
        known.decide_together([PARTICIPANT], lambda _: [told])


def test_a_fact_is_never_refused_whoever_told_it(known: Journal) -> None:
    [outcome] = known.record([call_received.replaced(actor=str(ACTIVIST), source_id="by-an-activist")])
    assert outcome.status == "recorded"


def test_a_pseudonym_is_recognised_however_it_is_written(known: Journal) -> None:
    written = [str(ACTIVIST), str(ACTIVIST).upper(), ACTIVIST.hex, ACTIVIST.urn, f"{{{ACTIVIST}}}", f" {ACTIVIST} "]
    others = [str(STRANGER), "worker-07", "", "5c0f4a52", None]
    with known.database.read() as connection:
        assert tracked(connection, known.shards, [*written, *others]) == dict.fromkeys(written, ACTIVIST)


def test_a_pseudonym_is_found_in_whichever_shard_it_lies(database_url: str, tmp_path: Any) -> None:
    people = [UUID(int=number) for number in range(1, 9)]
    with journal_of(database_url, tmp_path, shards=3) as journal:
        journal.record([call_received.replaced(participant_id=person) for person in people])
        for person in people:
            with pytest.raises(NotAWorker):
                journal.ensure_worker("worker-07", str(person))
        journal.ensure_worker("worker-07", str(STRANGER), None)
