"""Ties as people tell of them: one line an event."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from domain.codes import TieKind
from domain.events import NetworkSurveyed, SurveyedTie, TieEnded, TieReported
from domain.history import History, Recorded, history_of
from domain.touchpoint import Touchpoint
from tests.examples import PARTICIPANT, network_surveyed, tie_ended, tie_reported
from tests.given import on

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
NAMES = ("a", "b", "c")


def report(
    tie_id: str,
    day: str = "2025-06-01",
    kind: str = "friend",
    closeness: int | None = None,
    contacts_per_month: float | None = None,
    formed: bool = False,
) -> TieReported:
    """A tie told of, with nothing known beyond what is said here."""
    told = tie_reported.replaced(
        source_id=f"report-{tie_id}",
        tie_id=tie_id,
        kind=kind,
        closeness=closeness,
        contacts_per_month=contacts_per_month,
        formed=formed,
        alter_id=None,
    )
    return on(told, day)


def end(tie_id: str, day: str = "2025-06-20") -> TieEnded:
    return on(tie_ended.replaced(source_id=f"end-{tie_id}", tie_id=tie_id), day)


def survey(*ties: SurveyedTie | str, day: str = "2025-06-10", complete: bool = True) -> NetworkSurveyed:
    """A survey that found these ties; a name stands for a friend of whom nothing more was asked."""
    found = tuple(tie if isinstance(tie, SurveyedTie) else SurveyedTie(tie_id=tie, kind="friend") for tie in ties)
    return on(network_surveyed.replaced(ties=found, complete=complete), day)


def surveyed(tie_id: str, kind: str = "friend", closeness: int | None = None) -> SurveyedTie:
    return SurveyedTie(tie_id=tie_id, kind=TieKind(kind), closeness=closeness)


_TOLD: st.SearchStrategy[Touchpoint] = st.one_of(
    st.builds(
        lambda name, kind, closeness, contacts, formed: report(
            name, kind=kind, closeness=closeness, contacts_per_month=contacts, formed=formed
        ),
        st.sampled_from(NAMES),
        st.sampled_from(["friend", "worker"]),
        st.sampled_from([None, 1, 5]),
        st.sampled_from([None, 0.5]),
        st.booleans(),
    ),
    st.builds(end, st.sampled_from(NAMES)),
    st.builds(
        lambda ties, complete: survey(*sorted(ties), complete=complete),
        st.sets(st.sampled_from(NAMES)),
        st.booleans(),
    ),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Touchpoint]:
    """Up to 15 events within some days, several of them often at the same instant."""
    steps = draw(st.lists(st.tuples(_TOLD, st.sampled_from([0, 0, 1, 2])), max_size=15))
    moment, events = BEGIN, []
    for number, (event, days) in enumerate(steps):
        moment += timedelta(days)
        events.append(event.replaced(occurred_at=moment, source_id=f"{event.source_id}-{number}"))
    return events


def moments() -> st.SearchStrategy[datetime]:
    return st.integers(min_value=-1, max_value=32).map(lambda days: BEGIN + timedelta(days))


def history(events: list[Touchpoint], as_of: datetime | None = None) -> History:
    recorded = [Recorded(event, BEGIN + timedelta(seconds=place)) for place, event in enumerate(events)]
    return history_of(PARTICIPANT, recorded) if as_of is None else history_of(PARTICIPANT, recorded, as_of=as_of)
