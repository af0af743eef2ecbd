"""The effective history of one person: what is true of them at (as_of, known_at), whatever order it arrived in.

Amendments and links count from when the journal recorded them; touchpoints count at their own `occurred_at`. Position
and `recorded_at` never decide an order.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple, Self
from uuid import UUID

from domain.clock import END_OF_TIME
from domain.components import Link, root_at
from domain.events import IdentitiesLinked, IdentitiesUnlinked, TouchpointCorrected, TouchpointVoided
from domain.touchpoint import Touchpoint

Amendment = TouchpointCorrected | TouchpointVoided
AMENDMENTS: frozenset[type[Touchpoint]] = frozenset({TouchpointCorrected, TouchpointVoided})
_LINKS: frozenset[type[Touchpoint]] = frozenset({IdentitiesLinked, IdentitiesUnlinked})
SPECIAL = AMENDMENTS | _LINKS
"""What a history must look at as a whole; of all other events each stands for itself."""


class Fact(NamedTuple):
    """A touchpoint in force: its event with corrections applied, under its own id.

    `recorded_at` is when the touchpoint itself was first recorded; `amended_by` names the correction in force.
    """

    event: Touchpoint
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    amended_by: UUID | None = None


class Recorded(Fact):
    """An event as the journal holds it: the fact it is while nothing amends it."""

    __slots__ = ()

    def __new__(cls, event: Touchpoint, recorded_at: datetime) -> Self:
        return tuple.__new__(cls, (event, event.event_id, event.occurred_at, recorded_at, None))


as_tuple = tuple.__new__
"""Makes a NamedTuple without a call of Python code: for what is made of every event of a replay."""
_ORDER = itemgetter(Fact._fields.index("occurred_at"), Fact._fields.index("event_id"))


class Slice(NamedTuple):
    """One version of a touchpoint and the interval [known_from, known_to) of journal time in which it was the truth."""

    fact: Fact
    root: UUID
    linked: bool
    known_from: datetime
    known_to: datetime


@dataclass(frozen=True)
class History:
    """Everything recorded of one component (a person with all linked identities) and what of it is in force."""

    root: UUID
    facts: tuple[Fact, ...]
    """In force, in order of (occurred_at, event_id)."""
    touchpoints: Sequence[Recorded] = ()
    """All recorded touchpoints, in force or not."""
    amendments: Mapping[UUID, Sequence[Recorded]] = field(default_factory=dict)
    """Amendments that count, by target: of what is recorded, in its own stream. None has an empty list."""
    without_effect: Sequence[Recorded] = ()
    """All other amendments, in no particular order: domain/without_effect.py says why."""
    links: Sequence[Link] = ()
    """Links and unlinks by the time they were recorded, also those of people who are no longer of this component."""
    walked: list[tuple[object, Any]] = field(default_factory=list, compare=False, repr=False)
    """What rule sets saw of it, each with its rules: several read models rest on one journey, and it is walked once."""

    @cached_property
    def by_type(self) -> Mapping[type[Touchpoint], Sequence[Fact]]:
        """What is in force of each type, in order: what most histories do not hold, most folds need not look for."""
        found: dict[type[Touchpoint], list[Fact]] = {}
        for fact in self.facts:
            kind = type(fact.event)
            if kind in found:
                found[kind].append(fact)
            else:
                found[kind] = [fact]
        return found

    def facts_of(self, kinds: frozenset[type[Touchpoint]]) -> Sequence[Fact]:
        """What is in force of these types, in order."""
        by_type = self.by_type
        if kinds.isdisjoint(by_type):
            return []
        held = [by_type[kind] for kind in kinds if kind in by_type]
        return held[0] if len(held) == 1 else [fact for fact in self.facts if type(fact.event) in kinds]

    def whenever(self, kinds: frozenset[type[Touchpoint]]) -> Sequence[Fact]:
        """What is in force of these types, in order, also what happened after the `as_of` of this history."""
        if len(self.facts) == len(self.touchpoints):
            return self.facts_of(kinds)
        told = (fact_of(recorded, self.amendments.get(recorded.event_id, ())) for recorded in self.touchpoints)
        return sorted((fact for fact in told if fact is not None and type(fact.event) in kinds), key=_ORDER)

    def slices(self, of: Container[type[Touchpoint]] | None = None) -> list[Slice]:
        """Every version of every touchpoint, whatever its `as_of`, with the journal time in which it held.

        `of` names the types to give, all of them unless told: a fold that reads a few pays for no others.
        """
        amendments, links = self.amendments, self.links
        versions: list[Slice] = []
        for recorded in self.touchpoints:
            event = recorded.event
            if links or (amendments and recorded.event_id in amendments):
                several = self._slices_of(recorded, amendments.get(recorded.event_id, ()))
                versions += [version for version in several if of is None or type(version.fact.event) in of]
            elif of is None or type(event) in of:
                # The usual touchpoint: nobody amended or linked it, and it is its only version.
                only = recorded, event.participant_id, False, recorded.recorded_at, END_OF_TIME
                versions.append(as_tuple(Slice, only))
        return versions

    def _slices_of(self, recorded: Recorded, amendments: Sequence[Recorded]) -> Iterable[Slice]:
        start = recorded.recorded_at
        cuts = {start, END_OF_TIME}
        cuts.update(moment for moment in (a.recorded_at for a in amendments) if moment > start)
        cuts.update(moment for moment in (link.recorded_at for link in self.links) if moment > start)
        ordered = sorted(cuts)
        versions: list[Slice] = []
        for known_from, known_to in pairwise(ordered):
            fact = fact_of(recorded, [a for a in amendments if a.recorded_at <= known_from])
            if fact is None:
                continue
            root, linked = root_at(recorded.event.participant_id, self.links, known_from)
            last = versions[-1] if versions else None
            # Of one touchpoint the amendment in force tells the versions apart, without comparing them.
            same = last and (last.fact.amended_by, last.root, last.linked) == (fact.amended_by, root, linked)
            if last and same and last.known_to == known_from:
                versions[-1] = Slice(fact, root, linked, last.known_from, known_to)
            else:
                versions.append(Slice(fact, root, linked, known_from, known_to))
        yield from versions


def fact_of(recorded: Recorded, amendments: Sequence[Recorded]) -> Fact | None:
    """The touchpoint with its winning amendment applied; None when it is voided.

    Of several amendments the greatest (decided_at, event_id) wins. A correction that names another type than its target
    is still taken: a call may turn out to have been a visit.
    """
    event = recorded.event
    if not amendments:
        return recorded
    winner = max(amendments, key=decided).event
    if isinstance(winner, TouchpointVoided):
        return None
    assert isinstance(winner, TouchpointCorrected)
    event = winner.corrected(event)
    return Fact(event, recorded.event.event_id, event.occurred_at, recorded.recorded_at, winner.event_id)


def decided(amendment: Recorded) -> tuple[datetime, UUID]:
    """The order of amendments of one event: the last one counts."""
    event = amendment.event
    assert isinstance(event, TouchpointCorrected | TouchpointVoided)
    return event.decided_at, event.event_id


def history_of(
    root: UUID,
    recorded: Iterable[Recorded],
    *,
    links: Iterable[Link] = (),
    as_of: datetime = END_OF_TIME,
    known_at: datetime = END_OF_TIME,
) -> History:
    """The effective history of a component from its recorded events in any order, each given once.

    `links` are those of everybody who ever was linked to these people, directly or by others: whose a touchpoint was at
    a journal time is not told by the streams alone of those who are one person now.
    Events recorded after `known_at` are unknown; touchpoints that happened (after correction) later than `as_of` are
    not yet there.
    """
    known = list(recorded)
    if known_at != END_OF_TIME:
        known = [item for item in known if item.recorded_at <= known_at]
    # `type` and not isinstance here and below: pydantic's instance check costs more than all the rest.
    if SPECIAL.isdisjoint({type(item.event) for item in known}):
        facts = sorted(known, key=_ORDER)
        if as_of != END_OF_TIME:
            facts = [fact for fact in facts if fact.occurred_at <= as_of]
        return History(root, tuple(facts), known)
    touchpoints: list[Recorded] = []
    amendments: dict[UUID, list[Recorded]] = {}
    known_links = {link for link in links if link.recorded_at <= known_at}
    for item in known:
        kind = type(item.event)
        if kind in AMENDMENTS:
            amendments.setdefault(item.event.target_event_id, []).append(item)  # type: ignore[attr-defined]
            continue
        if kind in _LINKS:
            known_links.add(_link(item))
        touchpoints.append(item)
    own, idle = _of_their_targets(amendments, touchpoints) if amendments else ({}, [])
    told = [fact_of(item, own.get(item.event_id, ())) for item in touchpoints]
    in_force = [fact for fact in told if fact is not None and fact.occurred_at <= as_of]
    in_force.sort(key=_ORDER)
    ordered = sorted(known_links, key=lambda link: (link.recorded_at, link.pair_id, link.one))
    return History(root, tuple(in_force), touchpoints, own, idle, ordered)


def links_of(recorded: Iterable[Recorded]) -> list[Link]:
    """The links and unlinks among recorded events."""
    return [_link(item) for item in recorded if type(item.event) in _LINKS]


def _link(item: Recorded) -> Link:
    event = item.event
    assert isinstance(event, IdentitiesLinked | IdentitiesUnlinked)
    joins = isinstance(event, IdentitiesLinked)
    return Link(event.pair_id, event.participant_id, event.other_id, joins, item.recorded_at)


def _of_their_targets(
    amendments: Mapping[UUID, Sequence[Recorded]], touchpoints: Iterable[Recorded]
) -> tuple[dict[UUID, list[Recorded]], list[Recorded]]:
    """The amendments that count, those of a fact that are told within its own stream, by target; and all others."""
    streams = {item.event.event_id: item.event.participant_id for item in touchpoints if not item.event.is_command}
    counted: dict[UUID, list[Recorded]] = {}
    others: list[Recorded] = []
    for target, found in amendments.items():
        stream = streams.get(target)
        for amendment in found:
            if amendment.event.participant_id == stream:
                counted.setdefault(target, []).append(amendment)
            else:
                others.append(amendment)
    return counted, others
