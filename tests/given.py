"""Given these events, when those arrive, then this history or these rows: the way a test tells a story.

given(session_attended, on(prescription_issued, "2025-05-09")).project(journey).is_in(Stage.HEALING)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from domain.clock import END_OF_TIME, SEOUL, parse_moment
from domain.codes import Stage
from domain.components import root_at
from domain.history import History, Recorded, history_of, links_of
from domain.touchpoint import Touchpoint
from domain.versions import present
from projections.read_model import ReadModel

FIRST_RECORDED_AT = parse_moment("2025-06-01T00:00:00+09:00")
"""When the journal took the first event of a story, unless told; every next one a second later."""

Event = TypeVar("Event", bound=Touchpoint)


def on(event: Event, day: str) -> Event:
    """The same thing on another Seoul day ("2025-06-01") or instant: another event, with an id of its own."""
    if len(day) == 10:
        clock_time = event.occurred_at.astimezone(SEOUL).time()
        moment = datetime.combine(date.fromisoformat(day), clock_time, SEOUL)
    else:
        moment = parse_moment(day)
    return event.replaced(occurred_at=moment, source_id=f"{event.source_id}@{day}")


def recorded(event: Touchpoint, at: str) -> Recorded:
    """An event that the journal took at a moment of the test's choice ("2025-07-01T09:00:00+09:00")."""
    return Recorded(event, parse_moment(at))


def given(*events: Touchpoint | Recorded) -> Story:
    """A journal that holds these events, in this order of arrival."""
    return Story(()).when(*events)


@dataclass(frozen=True)
class Story:
    """What arrived, told about the person of the first event and all identities linked to them."""

    arrived: tuple[Recorded, ...]

    def when(self, *events: Touchpoint | Recorded) -> Story:
        """The same story with more events arriving after those that did, read as the journal reads them."""
        new = tuple(
            event
            if isinstance(event, Recorded)
            else Recorded(present(event), FIRST_RECORDED_AT + timedelta(seconds=index))
            for index, event in enumerate(events, start=len(self.arrived))
        )
        return Story(self.arrived + new)

    def history(self, *, as_of: str | datetime = END_OF_TIME, known_at: str | datetime = END_OF_TIME) -> History:
        """The person's effective history; a bare date means to its end in Seoul."""
        known = _moment(known_at)
        links = links_of(self.arrived)
        root, _ = root_at(self.arrived[0].event.participant_id, links, known)
        component = [item for item in self.arrived if root_at(item.event.participant_id, links, known)[0] == root]
        return history_of(root, component, links=links, as_of=_moment(as_of), known_at=known)

    def project(
        self, model: ReadModel, *, as_of: str | datetime = END_OF_TIME, known_at: str | datetime = END_OF_TIME
    ) -> Projected:
        """The rows that a read model folds the history to."""
        return Projected(model.ordered(model.fold(self.history(as_of=as_of, known_at=known_at))))


@dataclass(frozen=True)
class Projected:
    """Rows in the order of their key."""

    rows: Sequence[Any]

    def is_in(self, stage: Stage | None) -> None:
        """The last spell of a journey is of this stage; None: there is no spell."""
        found = self.rows[-1].stage if self.rows else None
        assert found == stage, f"expected {stage}, but the last spell is {found}"


def _moment(value: str | datetime) -> datetime:
    return parse_moment(value) if isinstance(value, str) else value
