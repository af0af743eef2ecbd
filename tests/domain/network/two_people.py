"""Two tracked people and what they told of each other: whose network shows what."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain.clock import END_OF_TIME, parse_moment
from domain.components import root_at
from domain.events import TieReported
from domain.history import Recorded, history_of, links_of
from domain.network import Party, SeenTie, Teller, seen_by
from domain.touchpoint import Touchpoint
from tests.domain.network.stories import BEGIN, report
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, consent_given, consent_withdrawn
from tests.given import on

A, B = PARTICIPANT, OTHER_PARTICIPANT
"""Who is helped and tells of it, and the activist; A has the smaller pseudonym."""


def by(person: UUID, event: Touchpoint) -> Touchpoint:
    return event.replaced(participant_id=person)


def named(
    tie_id: str, alter: UUID | None, day: str = "2025-06-01", kind: str = "friend", closeness: int | None = None
) -> TieReported:
    """A tells of a tie to somebody by pseudonym."""
    return report(tie_id, day, kind, closeness).replaced(alter_id=alter)


def agrees(
    person: UUID, day: str = "2025-05-01", *, valid_until: str | None = None, scope: str = "share"
) -> Touchpoint:
    told = consent_given.replaced(source_id=f"agrees-{scope}-{valid_until}", scopes=(scope,), valid_until=valid_until)
    return on(by(person, told), day)


def withdraws(person: UUID, day: str, scope: str = "share") -> Touchpoint:
    return on(by(person, consent_withdrawn.replaced(source_id=f"withdraws-{scope}", scopes=(scope,))), day)


BOTH = (agrees(A), agrees(B))


def seen(
    ego: UUID, *told: Touchpoint | Recorded, at: str | datetime, known_at: str | datetime = END_OF_TIME
) -> list[SeenTie]:
    """The ties in somebody's network, when this arrived in this order, one thing a second."""
    moment, known = (parse_moment(value) if isinstance(value, str) else value for value in (at, known_at))
    arrived = [
        event if isinstance(event, Recorded) else Recorded(event, BEGIN + timedelta(seconds=place))
        for place, event in enumerate(told)
    ]
    parties = {party.history.root: party for party in _parties(arrived, moment, known)}
    root, _ = root_at(ego, links_of(arrived), known)
    own = parties.pop(root)
    return seen_by(own, parties.values(), moment)


def _parties(arrived: Sequence[Recorded], moment: datetime, known: datetime) -> list[Party]:
    links = links_of(arrived)
    people = {told.event.participant_id for told in arrived} | {A, B}
    by_root: dict[UUID, set[UUID]] = {}
    for person in people:
        by_root.setdefault(root_at(person, links, known)[0], set()).add(person)
    return [
        Party(
            history_of(
                root,
                [told for told in arrived if told.event.participant_id in identities],
                links=links,
                as_of=moment,
                known_at=known,
            ),
            frozenset(identities),
        )
        for root, identities in by_root.items()
    ]


def shown(ties: Sequence[SeenTie]) -> list[tuple[str, UUID | None, str]]:
    """Who told, who the other is, and which tie."""
    return [(tie.teller.value, tie.alter, tie.tie_id) for tie in ties]


def shared(ego: UUID, ties: Sequence[SeenTie]) -> set[tuple[UUID | None, UUID | None, str, datetime, datetime | None]]:
    """The ties between two tracked people: who told, of whom, which, and when it was there."""
    return {
        (ego, tie.alter, tie.tie_id, tie.since, tie.until)
        if tie.teller == Teller.SELF
        else (tie.alter, ego, tie.tie_id, tie.since, tie.until)
        for tie in ties
        if tie.alter is not None
    }
