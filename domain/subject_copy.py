"""What the law gives a person of an event about them (Personal Information Protection Act, Art. 35), and what not.

Everything that is theirs is given in plain text, sealed fields too: also the labels of their ties, which are their own
words. Withheld is what is about somebody else (Art. 35(4)), field by field:

| Event | Withheld | Why |
|---|---|---|
| tie-reported | alter_id | the other person's pseudonym |
| peer-talk-held | activist_id | the pseudonym of the activist, who is tracked like everyone |
| identities-linked, -unlinked | other_id, reason, note | while the other one is another person |
| household-joined, -left | household_id | leads to the files of all who live there |
| concern-reported | reporter, where, note | tells who reported; given where an official did, who acts for an office |
| call-received about somebody else | note | what was said of that person; the call itself is the caller's |
| discovery-attempted about somebody else | outcome, note | how it went with that person |
| whatever was voided | all sealed fields | it may have been somebody else's |
| touchpoint-voided | reason, note | may say whose it was |
| touchpoint-corrected | reason, note | where what it corrects is voided, speaks of others as above, or is not known |
| touchpoint-corrected | of the replacement, what is withheld of its type | as above |
| any | actor, to_actor, worker | only the pseudonym of another person who is tracked here: no worker's is |

What is withheld of an event as it holds now is withheld of its earlier versions too.
Given on purpose: who recorded it, recipients of disclosures, a producer's own ids, the pair id of a link (it names no
one). A free text may still speak of others in ways that no rule sees: somebody reads a copy before it is handed over.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.clock import SEOUL
from domain.codes import About, Reporter
from domain.events import (
    CallReceived,
    ConcernReported,
    DiscoveryAttempted,
    HouseholdJoined,
    HouseholdLeft,
    IdentitiesLinked,
    IdentitiesUnlinked,
    PeerTalkHeld,
    TieReported,
    TouchpointCorrected,
)
from domain.history import Amendment
from domain.touchpoint import Touchpoint

WORKERS = ("actor", "to_actor", "worker")
"""The fields that name workers, and sometimes an activist."""


class Others(NamedTuple):
    """Who is the person, and which names in their events are those of other people who are tracked."""

    own: frozenset[UUID]
    tracked: Collection[str] = frozenset()


class Given(NamedTuple):
    """The stated fields of an event as JSON holds them, in the order of its type, and the names of those withheld."""

    fields: dict[str, Any]
    withheld: tuple[str, ...]


def given(event: Touchpoint, others: Others, in_force: Touchpoint | None) -> Given:
    """What a person is given of an event as it was told at some time.

    `in_force` is the event as it holds now: itself where nothing amends it, None where it is voided.
    """
    return _given(event, _hidden(event, others) | _hidden_since(event, others, in_force))


def given_of_amendment(
    event: Amendment, others: Others, target: Touchpoint | None, in_force: Touchpoint | None
) -> Given:
    """What a person is given of a correction or void, and so of the replacement in it.

    `target` is what it amends, as told first; None: not recorded.
    """
    if not isinstance(event, TouchpointCorrected):
        return _given(event, _hidden(event, others) | _WORDS)
    after = event.corrected(target or event)
    concerned = (target, after, in_force)
    silent = any(version is None or _speaks_of_others(version, others) for version in concerned)
    found = _given(event, _hidden(event, others) | (_WORDS if silent else frozenset()))
    private = _hidden(after, others) | _hidden_since(after, others, in_force)
    replacement = found.fields["replacement"]
    found.fields["replacement"] = {name: value for name, value in replacement.items() if name not in private}
    hidden = (f"replacement.{name}" for name in replacement if name in private)
    return found._replace(withheld=(*found.withheld, *hidden))


def names_of_workers(event: Touchpoint) -> set[str]:
    """Every name that an event, or the replacement in it, gives as a worker's."""
    told = [event.__dict__, event.replacement] if isinstance(event, TouchpointCorrected) else [event.__dict__]
    return {str(fields[name]) for fields in told for name in WORKERS if fields.get(name) is not None}


def _given(event: Touchpoint, hidden: Collection[str]) -> Given:
    stated = {name: value for name, value in event.__dict__.items() if name in type(event).model_fields}
    plain = event.model_dump(mode="json", exclude_none=True)
    times = {name: in_seoul(value) for name, value in stated.items() if isinstance(value, datetime)}
    fields = {name: times.get(name, value) for name, value in plain.items() if name not in hidden}
    return Given(fields, tuple(name for name in plain if name in hidden))


def in_seoul(moment: datetime) -> str:
    """A time stamp as the person it is told to knows it."""
    return moment.astimezone(SEOUL).isoformat()


def _hidden_since(event: Touchpoint, others: Others, in_force: Touchpoint | None) -> frozenset[str]:
    """What turned out to be about others only later: a touchpoint may be voided for having been somebody else's."""
    return frozenset(event.sealed_fields) if in_force is None else _hidden(in_force, others)


def _hidden(event: Touchpoint, others: Others) -> frozenset[str]:
    hidden = _ALWAYS.get(type(event), frozenset())
    if _speaks_of_others(event, others):
        hidden |= _WHERE_IT_SPEAKS_OF_OTHERS[type(event)].fields
    return hidden | {name for name in WORKERS if event.__dict__.get(name) in others.tracked}


def _speaks_of_others(event: Touchpoint, others: Others) -> bool:
    rule = _WHERE_IT_SPEAKS_OF_OTHERS.get(type(event))
    return rule is not None and rule.holds(event, others)


class _Rule(NamedTuple):
    holds: Callable[[Any, Others], bool]
    fields: frozenset[str]


def _is_about_another(event: Any, others: Others) -> bool:
    return event.about in (About.OTHER, About.HOUSEHOLD)


_WORDS = frozenset({"reason", "note"})
_LINK = _Rule(lambda link, others: link.other_id not in others.own, frozenset({"other_id", "reason", "note"}))
_WHERE_IT_SPEAKS_OF_OTHERS: Mapping[type[Touchpoint], _Rule] = {
    IdentitiesLinked: _LINK,
    IdentitiesUnlinked: _LINK,
    ConcernReported: _Rule(
        lambda concern, _: concern.reporter != Reporter.OFFICIAL, frozenset({"reporter", "where", "note"})
    ),
    CallReceived: _Rule(_is_about_another, frozenset({"note"})),
    DiscoveryAttempted: _Rule(_is_about_another, frozenset({"outcome", "note"})),
}
_ALWAYS: Mapping[type[Touchpoint], frozenset[str]] = {
    TieReported: frozenset({"alter_id"}),
    PeerTalkHeld: frozenset({"activist_id"}),
    HouseholdJoined: frozenset({"household_id"}),
    HouseholdLeft: frozenset({"household_id"}),
}
