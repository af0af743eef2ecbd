"""Linking and unlinking identities: the commands of domain.identities, run over the journal, and who is one person."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from domain import identities
from domain.clock import END_OF_TIME
from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.identities import Pair, pairs_of
from replay.journal import Journal, Outcome
from replay.queries.as_of import Person, person


class Linked(NamedTuple):
    """What became of a command: the pairs it linked or unlinked, and whether it had been carried out before."""

    pair_ids: tuple[str, ...]
    duplicate: bool


class Identities(NamedTuple):
    """Who is one person at a journal time, and every link that any of them has or had."""

    person: Person
    pairs: list[Pair]


def link(
    journal: Journal,
    one: UUID,
    other: UUID,
    *,
    reason: str,
    now: datetime,
    actor: str | None = None,
    pair_id: str | None = None,
) -> Linked:
    """Link two pseudonyms under a pair id of the caller's, who may then tell it again safely, or a new one.

    Raises LinkingError, NotAWorker and DecisionContended.
    """
    journal.ensure_worker(actor)
    said: dict[str, Any] = {"pair_id": pair_id or str(uuid4()), "reason": reason, "actor": actor, "now": now}
    return _linked(journal.decide_together((one, other), partial(identities.link, one=one, other=other, **said)))


def unlink(
    journal: Journal,
    one: UUID,
    other: UUID | None = None,
    *,
    reason: str,
    now: datetime,
    actor: str | None = None,
    pair_id: str | None = None,
) -> Linked:
    """Take back the link between two pseudonyms, or a pair of somebody.

    Raises LinkingError, NotAWorker and DecisionContended.
    """
    journal.ensure_worker(actor)
    people = (one,) if other is None else (one, other)
    said: dict[str, Any] = {"pair_id": pair_id, "reason": reason, "actor": actor, "now": now}
    return _linked(journal.decide_together(people, partial(identities.unlink, one=one, other=other, **said)))


def identities_of(journal: Journal, participant_id: UUID, *, known_at: datetime = END_OF_TIME) -> Identities:
    """Everybody who is one person with a pseudonym, and their links. Raises PersonUnknown."""
    found = person(journal, participant_id, known_at=known_at)
    return Identities(found, pairs_of(found.history))


def _linked(outcomes: Sequence[Outcome]) -> Linked:
    events = [outcome.event for outcome in outcomes]
    pairs = dict.fromkeys(e.pair_id for e in events if isinstance(e, IdentitiesLinked | IdentitiesUnlinked))
    return Linked(tuple(pairs), all(outcome.status == "duplicate" for outcome in outcomes))
