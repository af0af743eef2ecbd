"""How somebody stands with each scope of consent at a moment: in force until a day, lapsed, withdrawn, never given.

Computed from what was said and the moment that is asked about, never stored: no clock has to tick for consent to lapse.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from domain.clock import END_OF_TIME, MICROSECOND, day_of
from domain.codes import ConsentScope
from domain.consents import Consent, ConsentState, consents_at, consents_of
from domain.history import History


class ConsentStatus(StrEnum):
    """The states of consent, and that of a scope of which nothing was said."""

    IN_FORCE = ConsentState.IN_FORCE.value
    LAPSED = ConsentState.LAPSED.value
    WITHDRAWN = ConsentState.WITHDRAWN.value
    NEVER_GIVEN = "never_given"


class ConsentStanding(NamedTuple):
    """One scope. Days are those of Seoul."""

    scope: ConsentScope
    status: ConsentStatus
    since: date | None
    """The day on which it was given or withdrawn, or the first on which it had lapsed."""
    until: date | None
    """The last day on which it is in force; None: it has none, or is not in force."""


def consent_standing(history: History, as_of: datetime) -> list[ConsentStanding]:
    """Every scope in the order of the code list. The history is that as of the same moment."""
    found = consents_at(consents_of(history), as_of)
    return [_standing(scope, found.get(scope)) for scope in ConsentScope]


def _standing(scope: ConsentScope, consent: Consent | None) -> ConsentStanding:
    if consent is None:
        return ConsentStanding(scope, ConsentStatus.NEVER_GIVEN, None, None)
    ends = consent.state == ConsentState.IN_FORCE and consent.until < END_OF_TIME
    until = day_of(consent.until - MICROSECOND) if ends else None
    return ConsentStanding(scope, ConsentStatus(consent.state), day_of(consent.since), until)
