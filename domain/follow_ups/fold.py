"""From a history to everything that is or will be due for the person, by what is known."""

from itertools import chain

from domain.codes import ParticipantKind
from domain.consents import Interval, consents_of, may_end, restrictions_of
from domain.follow_ups.figures import VERSION_1, Figures
from domain.follow_ups.follow_up import FollowUp, Kind
from domain.follow_ups.lapses import lapses
from domain.follow_ups.loops import OBSERVERS, loops
from domain.follow_ups.silence import silences
from domain.follow_ups.withholding import cut, ended, forbidden, without_stage
from domain.history import History
from domain.journey import VERSION_1 as STAGE_RULES
from domain.journey import Journey, Rules
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
    spells = tuple(seen.spells)
    person = seen.kind != ParticipantKind.HOUSEHOLD
    journey = Journey(history.root, rules, spells if person else (), tuple(seen.contacts))
    consents = consents_of(history) if may_end(history) else {}
    restrictions = restrictions_of(history)
    at_an_end = ended(spells)
    withheld: dict[Kind, list[Interval]] = {}
    kept: list[FollowUp] = []
    begun = loops(history.facts_of(_LOOPING), figures, rules)
    for found in chain(begun, silences(journey, seen.contact_ids), lapses(history, consents)):
        if found.kind not in withheld:
            times = at_an_end + forbidden(found.kind, consents, restrictions)
            withheld[found.kind] = times + without_stage(journey) if found.kind == Kind.ASSESS else times
        kept += cut(found, withheld[found.kind]) if withheld[found.kind] else [found]
    return sorted(kept, key=lambda found: (found.kind, found.subject, found.due_from))
