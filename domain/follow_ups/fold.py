"""From a history to everything that is or will be due for the person, by what is known."""

from collections.abc import Callable, Iterable
from operator import attrgetter

from domain.consents import Interval, consents_of, may_end, restrictions_of
from domain.follow_ups.figures import VERSION_1, Figures
from domain.follow_ups.follow_up import FollowUp, Kind
from domain.follow_ups.lapses import lapses
from domain.follow_ups.loops import OBSERVERS, loops
from domain.follow_ups.silence import silences
from domain.follow_ups.withholding import cut, ended, forbidden, without_stage
from domain.history import History
from domain.journey import VERSION_1 as STAGE_RULES
from domain.journey import Rules, journey_of
from domain.journey.walk import walk
from domain.touchpoint import Touchpoint

_LOOPING: frozenset[type[Touchpoint]] = frozenset(OBSERVERS)


def follow_ups_of(history: History, rules: Rules = STAGE_RULES, figures: Figures = VERSION_1) -> list[FollowUp]:
    """Each thing to do with its time, also in the future, in order of (kind, subject, due_from).

    Of a history without end, those of a moment T are the ones with due_from <= T < until, and they are what the history
    as of T says, but for `until`. Only that an id is a household has no day, as with journeys: a household is never
    silent, and has what was promised to it and where it was referred to.

    Takes a rule set that finds stages; not one `as_recorded`, whose states are those of another system.
    """
    seen = walk(history, rules)
    journey = journey_of(history, rules)
    consents = consents_of(history) if may_end(history) else {}
    restrictions = restrictions_of(history)
    at_an_end = ended(seen.spells)
    found = loops(history.facts_of(_LOOPING), figures, rules) + silences(journey, seen.contact_ids)
    if consents:
        found += lapses(history, consents)
    if found and (at_an_end or consents or restrictions):
        found = _allowed(found, lambda kind: at_an_end + forbidden(kind, consents, restrictions))
    if any(one.kind is _ASSESS for one in found):
        found = _allowed(found, lambda kind: without_stage(journey) if kind is _ASSESS else [])
    return sorted(found, key=_ORDER) if len(found) > 1 else found


_ORDER = attrgetter("kind", "subject", "due_from")
_ASSESS = Kind.ASSESS


def _allowed(found: Iterable[FollowUp], withheld: Callable[[Kind], list[Interval]]) -> list[FollowUp]:
    """What is left of these outside the times in which their kind is withheld."""
    times = {kind: withheld(kind) for kind in {one.kind for one in found}}
    return [piece for one in found for piece in cut(one, times[one.kind])]
