"""Consent that has lapsed without being withdrawn: to be asked for again, so that nobody leaves the list unnoticed.

Whose consent to `service` or `callback` has lapsed may not be called for anything else (withholding.py), nor for this:
it is asked for at the next contact, whoever makes it.
"""

from collections.abc import Iterator

from domain.clock import END_OF_TIME, day_of, start_of_next_day
from domain.consents import CONSENTS, Consents, ConsentState
from domain.events import ConsentGiven
from domain.follow_ups.follow_up import FollowUp, Kind
from domain.follow_ups.withholding import CALL
from domain.history import History


def lapses(history: History, consents: Consents) -> Iterator[FollowUp]:
    """Each scope by itself, from the day after the last of its consent until it is given again or withdrawn."""
    asked = CALL.intersection(consents)
    told = {fact.event_id: fact.event for fact in history.facts_of(CONSENTS)} if asked else {}
    for scope in asked:
        for consent in consents[scope]:
            if consent.state != ConsentState.LAPSED or consent.since >= END_OF_TIME:
                continue
            given = told[consent.told_by]
            assert isinstance(given, ConsentGiven)
            assert given.valid_until is not None
            due_at = start_of_next_day(given.valid_until)
            words = f"consent to {scope.value} lapsed on {day_of(due_at)}: ask for it again at the next contact"
            yield FollowUp(
                kind=Kind.CONSENT_LAPSED,
                subject=scope.value,
                due_from=consent.since,
                due_at=due_at,
                overdue_from=None,
                until=consent.until,
                reason=words,
                evidence=(consent.told_by,),
            )
