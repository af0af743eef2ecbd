"""Who somebody is: registered once, updated as it changes."""

from datetime import date

from domain.codes import AgeBand, Gender, HouseholdType, ParticipantKind
from domain.personal import Identity
from domain.touchpoint import Text, Touchpoint


class _Description(Touchpoint):
    """What is known of a participant; a field that is not stated says nothing about an earlier one."""

    kind: ParticipantKind | None = None
    age_band: AgeBand | None = None
    gender: Gender | None = None
    household_type: HouseholdType | None = None
    name: Identity[Text] | None = None
    nickname: Identity[Text] | None = None
    phone: Identity[Text] | None = None
    birth_date: Identity[date] | None = None
    address: Identity[Text] | None = None


class ParticipantRegistered(_Description, stored_as="participant-registered.v1"):
    """A person or a household entered the programme under a pseudonym."""

    kind: ParticipantKind = ParticipantKind.PERSON


class ParticipantUpdated(_Description, stored_as="participant-updated.v1"):
    """Something about a participant changed."""
