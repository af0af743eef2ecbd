"""Relationships on each database: live and rebuilt rows are one, also of corrected ties, and the query reads both."""

from collections.abc import Callable

from domain.clock import parse_moment
from domain.network import Overlap
from domain.touchpoint import Touchpoint
from projections.population_change import PopulationChange, population_change
from projections.relationships import relationships
from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.queries.as_of import person
from replay.rebuild import rebuild
from tests.conftest import MODELS
from tests.domain.network.stories import end, report, survey
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, touchpoint_corrected

MISTAKEN = end("a", "2025-06-03")
WRONG_KIND = report("b", "2025-06-01", "friend", 1)


def corrected(event: Touchpoint, **replacement: object) -> Touchpoint:
    return touchpoint_corrected.replaced(
        source_id=f"correction-of-{event.source_id}",
        target_event_id=event.event_id,
        replacement_type="tie-reported.v1",
        replacement=replacement,
    )


STORY = (
    report("a", "2025-06-01", "family", 2, 4.0, True),
    MISTAKEN,
    corrected(MISTAKEN, tie_id="a", kind="family", closeness=5),
    WRONG_KIND,
    corrected(WRONG_KIND, tie_id="b", kind="worker", closeness=3),
    survey("a", "c", day="2025-06-10"),
    report("a", "2025-06-02").replaced(participant_id=OTHER_PARTICIPANT),
    end("a", "2025-06-12").replaced(participant_id=OTHER_PARTICIPANT),
)


def test_live_rebuilt_and_folded_on_demand_are_the_same_and_so_is_the_population(
    tracked: Journal, digests: Callable[[], dict[str, str]]
) -> None:
    tracked.record(STORY)
    Worker(tracked, MODELS).catch_up()
    live = digests()
    rebuild(tracked, MODELS)
    assert digests() == live
    histories = [person(tracked, participant).history for participant in (PARTICIPANT, OTHER_PARTICIPANT)]
    rows = [row for history in histories for row in relationships.fold(history)]
    assert relationships.digest(rows) == live["relationships"]
    known = [(row.tie_id, row.kind, row.closeness) for row in rows if row.component == PARTICIPANT]
    assert known == [
        ("a", "family", 2),
        ("a", "family", 5),
        ("a", "friend", 5),
        ("b", "worker", 3),
        ("c", "friend", None),
    ]
    before, after = parse_moment("2025-06-05"), parse_moment("2025-06-15")
    with tracked.database.read() as connection:
        [served] = generations.live(connection, [relationships])
        found = population_change(connection, served.table, before=before, after=after)
    assert found == PopulationChange(egos=2, overlap=Overlap(formed=1, ended=2, kept=1))
