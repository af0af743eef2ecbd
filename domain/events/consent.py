"""Consent, restrictions of processing, and the rights a person may use."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator

from domain.codes import ConsentBy, ConsentScope, DataRight
from domain.touchpoint import Name, Touchpoint

Scopes = Annotated[tuple[ConsentScope, ...], AfterValidator(lambda codes: tuple(sorted(set(codes))))]


class ConsentGiven(Touchpoint, stored_as="consent-given.v1"):
    """A person, a guardian or an agent consented to named scopes."""

    scopes: Scopes
    text_version: Name
    by: ConsentBy = ConsentBy.SELF
    valid_until: date | None = None


class ConsentWithdrawn(Touchpoint, stored_as="consent-withdrawn.v1"):
    """Consent to named scopes was taken back."""

    scopes: Scopes
    by: ConsentBy = ConsentBy.SELF


class ProcessingRestricted(Touchpoint, stored_as="processing-restricted.v1"):
    """A person's data may not be used for a scope until resumed."""

    scope: ConsentScope


class ProcessingResumed(Touchpoint, stored_as="processing-resumed.v1"):
    """A restriction was lifted."""

    scope: ConsentScope


class RightsRequested(Touchpoint, stored_as="rights-requested.v1"):
    """A person asked to see, correct, suspend, erase, or have a decision explained."""

    right: DataRight
    due_on: date


class RightsAnswered(Touchpoint, stored_as="rights-answered.v1"):
    """A request was answered."""

    right: DataRight
    result: Name
