"""Who was not heard of: the times in which a person's standing is silent or lost, found ahead of the clock.

The same answer as `domain.journey.status` gives for every moment, from the same figures: days without contact run from
the last contact, and where none is known from the first entry into a stage.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain.clock import END_OF_TIME, day_of, start_of_day
from domain.codes import Stage
from domain.follow_ups.follow_up import FollowUp, Kind
from domain.journey import Journey, Spell


def silences(journey: Journey, contact_ids: Sequence[UUID]) -> Iterator[FollowUp]:
    """Every time of silence and of being lost; one that goes on in another stage is another.

    `contact_ids` are those of the journey's contacts, in their order.
    """
    contacts = journey.contacts
    for spell in journey.spells:
        if spell.stage is None or spell.stage == Stage.ENDED:
            continue
        days = min(journey.rules.silent_days(spell.stage) or journey.rules.lost_days, journey.rules.lost_days)
        enough = timedelta(days - 2)
        left_at = spell.left_at or END_OF_TIME
        first, last = bisect_right(contacts, spell.entered_at), bisect_left(contacts, left_at)
        begin = spell.entered_at
        for count in range(first, max(first, last) + 1):
            quiet_from = contacts[count - 1] if count else journey.spells[0].entered_at
            end = contacts[count] if count < last else left_at
            # Too early in any time zone: spares most contacts the calendar.
            if end - quiet_from > enough:
                since = contact_ids[count - 1] if count else journey.spells[0].evidence[-1]
                yield from _silence(journey, spell, quiet_from, since, begin, end)
            begin = end


def _silence(
    journey: Journey, spell: Spell, quiet_from: datetime, since: UUID, begin: datetime, end: datetime
) -> Iterator[FollowUp]:
    assert spell.stage is not None
    lost_days, silent_days = journey.rules.lost_days, journey.rules.silent_days(spell.stage)
    quiet_on = day_of(quiet_from)
    lost_at = start_of_day(quiet_on + timedelta(lost_days))
    evidence = tuple(dict.fromkeys((since, spell.evidence[-1])))
    stage = str(spell.stage)
    if silent_days is not None and silent_days < lost_days:
        silent_at = start_of_day(quiet_on + timedelta(silent_days))
        words = f"no contact since {quiet_on}: silent in {stage} from {silent_days} days on"
        due_from, until = max(begin, silent_at), min(end, lost_at)
        if due_from < until:
            yield FollowUp(Kind.SILENT, "", due_from, silent_at, None, until, words, evidence, stage)
    due_from = max(begin, lost_at)
    if due_from < end:
        words = f"no contact since {quiet_on}: lost from {lost_days} days on"
        yield FollowUp(Kind.LOST, "", due_from, lost_at, None, end, words, evidence, stage)
