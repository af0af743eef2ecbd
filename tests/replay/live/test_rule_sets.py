"""Rule sets of one's own: kept for ever under their version, and rows under them kept live like any others."""

from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.simulation import population
from domain.journey import AS_RECORDED, SHIPPED, VERSION_1, NotAVersion, Rules
from projections.journey import journey, under
from projections.read_model import ReadModel
from replay.journal import Journal
from replay.live import generations, rule_sets
from replay.live.generations import ReadModelOutdated
from replay.live.rule_sets import RuleSetTaken
from replay.live.worker import Worker
from replay.queries.as_of import person
from replay.rebuild import rebuild
from tests.conftest import MODELS
from tests.replay.test_laws import SAME, fresh_journal

EAGER = Rules(version="eager", sessions_attended=1, well_scores_days_apart=7, maintained_days=30, lost_days=60)
NOW = datetime(2025, 7, 1, tzinfo=UTC)


def register(journal: Journal, rules: Rules) -> bool:
    with journal.database.write() as connection:
        return rule_sets.register(connection, rules, NOW)


def known(journal: Journal) -> dict[str, Rules]:
    with journal.database.read() as connection:
        return rule_sets.known(connection)


def kept(journal: Journal) -> list[ReadModel]:
    with journal.database.read() as connection:
        return list(rule_sets.kept(connection))


def rows(journal: Journal, rules: Rules) -> list[Any]:
    with journal.database.read() as connection:
        [live] = generations.live(connection, [under(rules)])
        return live.model.ordered(generations.read(connection, live))


def on_demand(journal: Journal, people: Iterable[UUID], model: ReadModel) -> str:
    histories = [person(journal, participant).history for participant in people]
    return model.digest(row for history in histories for row in model.fold(history))


def test_a_registered_set_is_known_as_it_was_told_and_the_same_again_is_harmless(journal: Journal) -> None:
    assert known(journal) == SHIPPED
    assert register(journal, EAGER)
    assert known(journal) == {**SHIPPED, "eager": EAGER}
    assert not register(journal, Rules.model_validate(EAGER.model_dump()))


def test_a_version_is_never_given_other_figures(journal: Journal) -> None:
    register(journal, EAGER)
    with pytest.raises(RuleSetTaken, match="other figures"):
        register(journal, EAGER.model_copy(update={"lost_days": 61}))
    assert known(journal)["eager"] == EAGER


@pytest.mark.parametrize(
    "version", ["1", "as-recorded", "", "Eager", "eager_2", "1 lost_days=60", "e" * 31, "마중", "e\n"]
)
def test_a_version_that_is_taken_or_makes_no_name_of_a_table_is_refused(journal: Journal, version: str) -> None:
    figures = VERSION_1 if version == "1" else EAGER.model_copy(update={"version": version})
    with pytest.raises(NotAVersion):
        register(journal, figures)


def test_no_two_rule_sets_share_a_read_model() -> None:
    names = [under(EAGER.model_copy(update={"version": name})).name for name in ("a-b", "ab", "g1", "a", "2")]
    assert len({*names, journey.name, under(AS_RECORDED).name}) == 7
    assert under(VERSION_1) is journey


def test_rows_under_other_rules_are_kept_live_by_a_worker_that_was_running_before_they_were_built(
    tracked: Journal,
) -> None:
    batches = list(population(300, 5))
    worker = Worker(tracked, MODELS, batch=37, beside=rule_sets.kept)
    for batch in batches[: len(batches) // 2]:
        tracked.record(batch.events, now=batch.now)
    worker.catch_up()
    register(tracked, EAGER)
    for rules in (EAGER, AS_RECORDED):
        rebuild(tracked, [under(rules)])
    assert {model.name for model in kept(tracked)} == {"journey_eager", "journey_as_recorded"}
    for batch in batches[len(batches) // 2 :]:
        tracked.record(batch.events, now=batch.now)
    worker.catch_up()

    people = sorted({event.participant_id for batch in batches for event in batch.events})
    for model in (journey, under(EAGER), under(AS_RECORDED)):
        with tracked.database.read() as connection:
            [live] = generations.live(connection, [model])
            found = model.digest(generations.read(connection, live))
        assert found == on_demand(tracked, people, model)
    assert {row.rule_version for row in rows(tracked, EAGER)} == {"eager"}
    assert rows(tracked, EAGER) != rows(tracked, VERSION_1)


@given(seed=st.integers(min_value=0, max_value=2**32), size=st.integers(min_value=20, max_value=150))
@settings(max_examples=5, **SAME)  # type: ignore[arg-type]
def test_live_rows_under_other_rules_are_the_rebuilt_ones_and_those_folded_on_demand(
    tmp_path_factory: pytest.TempPathFactory, seed: int, size: int
) -> None:
    with fresh_journal(tmp_path_factory.mktemp("rules")) as journal:
        register(journal, EAGER)
        rebuild(journal, [under(EAGER)])
        worker = Worker(journal, MODELS, batch=41, beside=rule_sets.kept)
        people = set()
        for batch in population(size, seed):
            journal.record(batch.events, now=batch.now)
            people |= {event.participant_id for event in batch.events}
        worker.catch_up()
        live = rows(journal, EAGER)
        rebuild(journal, [under(EAGER)])
        assert rows(journal, EAGER) == live
        assert under(EAGER).digest(live) == on_demand(journal, sorted(people), under(EAGER))


def test_dropped_rows_are_gone_for_a_running_worker_too_and_the_version_stays(tracked: Journal) -> None:
    register(tracked, EAGER)
    assert not rule_sets.drop(tracked.database, EAGER)
    rebuild(tracked, [under(EAGER)])
    worker, stop = Worker(tracked, MODELS, beside=rule_sets.kept), Event()
    following = Thread(target=worker.run, args=(stop,))
    following.start()
    try:
        assert rule_sets.drop(tracked.database, EAGER)
        for batch in population(50, 1):
            tracked.record(batch.events, now=batch.now)
    finally:
        stop.set()
        following.join()
    worker.catch_up()
    assert kept(tracked) == []
    assert "eager" in known(tracked)
    with pytest.raises(ReadModelOutdated):
        rows(tracked, EAGER)
    rebuild(tracked, [under(EAGER)])
    assert rows(tracked, EAGER)


def test_what_an_interrupted_replay_left_is_dropped_too(tracked: Journal) -> None:
    register(tracked, EAGER)
    with tracked.database.write() as connection:
        half = generations.create(connection, under(EAGER))
    assert kept(tracked) == []
    assert rule_sets.drop(tracked.database, EAGER)
    with tracked.database.read() as connection:
        assert generations.undropped(connection, half.model) == []
