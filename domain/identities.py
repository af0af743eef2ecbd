"""Linking and unlinking identities: what is checked first, and the events that then say it, one in each stream.

A decision is given the streams of everybody who ever was linked to the people it is about, and gives the events to
append. It rewrites nothing: a link is taken back by an unlink, and linking the same two again takes a new pair id. The
same command told again gives the events that it gave then, so that nothing is linked or unlinked twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from domain.codes import ParticipantKind
from domain.components import Link, in_force, roots
from domain.events import IdentitiesLinked, IdentitiesUnlinked, ParticipantRegistered, ParticipantUpdated
from domain.history import History, Recorded, history_of, links_of
from domain.touchpoint import Touchpoint, origin_of_decision

# LinkingError
# ├── SamePseudonym        same-pseudonym
# ├── ParticipantUnknown   participant-unknown
# ├── AlreadyOnePerson     already-one-person
# ├── HouseholdAndPerson   household-and-person
# ├── PairIdUsed           pair-id-used
# └── NotLinked            not-linked
#     └── NoLongerLinked   no-longer-linked

LINKED_BY, UNLINKED_BY = "urn:majung:command:link", "urn:majung:command:unlink"
"""The sources of both commands' events; their id within it is the pair's, so one pair is linked and unlinked once."""

Streams = Mapping[UUID, Sequence[Recorded]]
"""What is recorded, by pseudonym; who is not there, or with nothing, is not known."""


class LinkingError(ValueError):
    """A link or an unlink is refused, and nothing was changed. `code` never changes; messages hold ids only."""

    code: ClassVar[str] = "linking-refused"


class SamePseudonym(LinkingError):
    """Both are one and the same pseudonym."""

    code = "same-pseudonym"


class ParticipantUnknown(LinkingError):
    """Nothing is recorded of this pseudonym."""

    code = "participant-unknown"

    def __init__(self, participant_id: UUID) -> None:
        super().__init__(f"nothing is recorded of participant {participant_id}: check the id")
        self.participant_id = participant_id


class AlreadyOnePerson(LinkingError):
    """The two are linked already, directly or through others: `pairs` lead from one to the other, past `through`."""

    code = "already-one-person"

    def __init__(self, one: UUID, other: UUID, pairs: tuple[str, ...], through: tuple[UUID, ...]) -> None:
        told = f"through {', '.join(map(str, through))}" if through else "directly"
        by = f"pair{'s' if len(pairs) > 1 else ''} {', '.join(pairs)}"
        super().__init__(f"{one} and {other} are one person already, {told} ({by}): there is nothing to link")
        self.pairs = pairs
        self.through = through


class HouseholdAndPerson(LinkingError):
    """One was told to be a household, the other a person: people join a household, and are not one with it."""

    code = "household-and-person"


class PairIdUsed(LinkingError):
    """The pair id names another link, or one that was taken back."""

    code = "pair-id-used"


class NotLinked(LinkingError):
    """There is no such pair in force to take back."""

    code = "not-linked"


class NoLongerLinked(NotLinked):
    """The pair was taken back before, for another reason or by somebody else."""

    code = "no-longer-linked"


def link(
    streams: Streams, one: UUID, other: UUID, *, pair_id: str, reason: str, actor: str | None, now: datetime
) -> list[Touchpoint]:
    """The events that make one person of two pseudonyms. Raises LinkingError."""
    _must_differ(one, other)
    _must_be_known(streams, one, other)
    if any(told.pair_id == pair_id for told in _links(streams)):
        return _told_before(streams, one, other, pair_id, reason, actor)
    if path := _path(in_force(_links(streams)), one, other):
        raise AlreadyOnePerson(one, other, tuple(step.pair_id for step in path), _between(path, one))
    _must_be_of_a_kind(streams, one, other)
    said = {"reason": reason, "actor": actor, "occurred_at": now}
    return _both_halves(IdentitiesLinked, streams, one, other, source=LINKED_BY, pair_id=pair_id, **said)


def unlink(
    streams: Streams,
    one: UUID,
    other: UUID | None = None,
    *,
    pair_id: str | None = None,
    reason: str,
    actor: str | None,
    now: datetime,
) -> list[Touchpoint]:
    """The events that take back the link between two pseudonyms, or the pair of this id. Raises LinkingError.

    With a pair id, `one` may be any identity of the person; with `other` as well, the pair must be of these two.
    """
    if other is not None:
        _must_differ(one, other)
    _must_be_known(streams, one, *([] if other is None else [other]))
    known = _links(streams)
    same = _component(in_force(known), one)

    def is_meant(told: Link) -> bool:
        if other is not None and {told.one, told.other} != {one, other}:
            return False
        return told.pair_id == pair_id if pair_id is not None else other is not None

    meant = [told for told in in_force(known) if is_meant(told) and told.one in same]
    if not meant:
        ended = [told for told in known if is_meant(told) and not told.joins and not same.isdisjoint(_ends(told))]
        return _taken_back_before(streams, one, other, ended, reason, actor)
    said: dict[str, Any] = {"reason": reason, "actor": actor, "occurred_at": now}
    pairs = {told.pair_id: sorted(_ends(told)) for told in meant}
    return [
        half
        for pair, (first, second) in sorted(pairs.items())
        for half in _both_halves(IdentitiesUnlinked, streams, first, second, source=UNLINKED_BY, pair_id=pair, **said)
    ]


class Pair(NamedTuple):
    """A link and what became of it, at the journal's clock. Why is read from the events."""

    pair_id: str
    one: UUID
    """The smaller id of the two."""
    other: UUID
    linked_at: datetime
    linked_by: str | None
    unlinked_at: datetime | None = None
    """None while it is in force."""
    unlinked_by: str | None = None


def pairs_of(history: History) -> list[Pair]:
    """Every link that a person's identities have or had with anybody, by when it was recorded."""
    linked: dict[tuple[str, UUID, UUID], Recorded] = {}
    unlinked: dict[tuple[str, UUID, UUID], Recorded] = {}
    for told in sorted(history.touchpoints, key=lambda told: (told.recorded_at, told.event_id)):
        event = told.event
        if isinstance(event, IdentitiesLinked | IdentitiesUnlinked):
            first, second = sorted((event.participant_id, event.other_id))
            found = linked if isinstance(event, IdentitiesLinked) else unlinked
            found.setdefault((event.pair_id, first, second), told)
    return [Pair(*key, told.recorded_at, told.event.actor, *_end(unlinked.get(key))) for key, told in linked.items()]


def _end(told: Recorded | None) -> tuple[datetime | None, str | None]:
    return (None, None) if told is None else (told.recorded_at, told.event.actor)


def _must_differ(one: UUID, other: UUID) -> None:
    if one == other:
        raise SamePseudonym(f"{one} is one pseudonym: name the other one")


def _must_be_known(streams: Streams, *people: UUID) -> None:
    for person in people:
        if not streams.get(person):
            raise ParticipantUnknown(person)


def _must_be_of_a_kind(streams: Streams, one: UUID, other: UUID) -> None:
    if {_kind(streams, one), _kind(streams, other)} == {ParticipantKind.PERSON, ParticipantKind.HOUSEHOLD}:
        raise HouseholdAndPerson(
            f"one of {one} and {other} is a household, the other a person: record that they joined it instead"
        )


def _kind(streams: Streams, half: UUID) -> ParticipantKind | None:
    """What was last told of everybody who is one with this pseudonym; None: nothing was."""
    own = _component(in_force(_links(streams)), half)
    facts = history_of(min(own), [told for person in own for told in streams.get(person, ())]).facts
    told = [fact.event.kind for fact in facts if isinstance(fact.event, ParticipantRegistered | ParticipantUpdated)]
    return next((kind for kind in reversed(told) if kind is not None), None)


def _told_before(
    streams: Streams, one: UUID, other: UUID, pair_id: str, reason: str, actor: str | None
) -> list[Touchpoint]:
    """The link of this pair id, if the same was told and still holds. Raises PairIdUsed."""
    own = [told for told in in_force(_links(streams)) if told.pair_id == pair_id]
    if own and all(_ends(told) == {one, other} for told in own):
        events = _halves_told(streams, IdentitiesLinked, own[0], reason, actor)
        if len(events) == 2:
            return events
    raise PairIdUsed(f"pair id {pair_id} was used for another link, or one that was taken back: take a new one")


def _taken_back_before(
    streams: Streams, one: UUID, other: UUID | None, ended: Sequence[Link], reason: str, actor: str | None
) -> list[Touchpoint]:
    """The unlink that was told before in the same words. Raises NotLinked and NoLongerLinked."""
    if ended:
        last = max(ended, key=lambda told: (told.recorded_at, told.pair_id))
        if events := _halves_told(streams, IdentitiesUnlinked, last, reason, actor):
            return events
        raise NoLongerLinked(f"{one} has no such link any more: it was taken back before")
    advice = "`majung identities show` tells the links of a person"
    if other is not None and (path := _path(in_force(_links(streams)), one, other)):
        through = ", ".join(map(str, _between(path, one)))
        advice = f"they are one person through {through}: take back one of pairs {', '.join(p.pair_id for p in path)}"
    raise NotLinked(f"{one} has no such link: {advice}")


def _halves_told(
    streams: Streams, kind: type[IdentitiesLinked | IdentitiesUnlinked], pair: Link, reason: str, actor: str | None
) -> list[Touchpoint]:
    """The halves of a pair that were told in the same words."""
    told = [item.event for person in sorted(_ends(pair)) for item in streams.get(person, ())]
    return [
        event
        for event in told
        if isinstance(event, kind)
        and (event.pair_id, event.reason, event.actor) == (pair.pair_id, reason, actor)
        and {event.participant_id, event.other_id} == _ends(pair)
    ]


def _both_halves(
    kind: type[Touchpoint], streams: Streams, one: UUID, other: UUID, *, pair_id: str, **said: Any
) -> list[Touchpoint]:
    origin = origin_of_decision(told.event for half in (one, other) for told in streams.get(half, ()))
    said |= {"origin": origin, "pair_id": pair_id, "source_id": pair_id}
    return [
        kind.model_validate({"participant_id": half, "other_id": of, **said})
        for half, of in ((one, other), (other, one))
    ]


def _links(streams: Streams) -> list[Link]:
    return [told for stream in streams.values() for told in links_of(stream)]


def _ends(told: Link) -> set[UUID]:
    return {told.one, told.other}


def _component(links: Iterable[Link], one: UUID) -> set[UUID]:
    found = roots((told.one, told.other) for told in links)
    return {one} | {member for member, root in found.items() if root == found.get(one)}


def _path(links: Sequence[Link], one: UUID, other: UUID) -> list[Link]:
    """The shortest way of links from one pseudonym to another, of several always the same; empty when there is none."""
    ordered = sorted((told for told in links if told.one != told.other), key=lambda told: (told.pair_id, told.one))
    ways: dict[UUID, list[Link]] = {one: []}
    reached = [one]
    for here in reached:
        for told in ordered:
            [there] = _ends(told) - {here} if here in _ends(told) else {here}
            if there not in ways:
                ways[there] = [*ways[here], told]
                reached.append(there)
    return ways.get(other, [])


def _between(path: Sequence[Link], one: UUID) -> tuple[UUID, ...]:
    """Whom a path leads past: neither its first nor its last."""
    through = [one]
    for step in path:
        [there] = _ends(step) - {through[-1]}
        through.append(there)
    return tuple(through[1:-1])
