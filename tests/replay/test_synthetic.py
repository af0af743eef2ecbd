"""A journal's clock is set only where nobody real is in it."""

import pytest

from domain.codes import Origin
from replay.journal import Journal
from replay.synthetic import NotSynthetic, first_source, refuse_real_events
from tests.examples import call_received, store_visited, touchpoint_corrected

SYNTHETIC = call_received.replaced(origin=Origin.SYNTHETIC, source="simulation/x")


def test_an_empty_and_a_wholly_synthetic_journal_are_let_through(journal: Journal) -> None:
    refuse_real_events(journal.database)
    assert first_source(journal.database) is None
    journal.record([SYNTHETIC])
    refuse_real_events(journal.database)
    assert first_source(journal.database) == "simulation/x"


@pytest.mark.parametrize("origin", [Origin.LIVE, Origin.MIGRATED])
def test_one_other_event_is_enough_to_refuse(journal: Journal, origin: Origin) -> None:
    journal.record([SYNTHETIC, store_visited.replaced(origin=origin)])
    with pytest.raises(NotSynthetic, match=r"1 event\(s\)"):
        refuse_real_events(journal.database)


def test_a_real_event_that_speaks_of_synthetic_ones_is_still_real(journal: Journal) -> None:
    told = touchpoint_corrected.replacement | {"origin": "synthetic"}
    journal.record(
        [touchpoint_corrected.replaced(replacement=told), store_visited.replaced(site='"origin":"synthetic"')]
    )
    with pytest.raises(NotSynthetic, match=r"2 event\(s\)"):
        refuse_real_events(journal.database)
