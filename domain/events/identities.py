"""Which pseudonyms are one person, and who lives in which household. Links are commands, reversible at any time."""

from uuid import UUID

from domain.personal import Clinical
from domain.touchpoint import Name, Text, Touchpoint


class _Pair(Touchpoint):
    pair_id: Name
    """Names one link: an unlink takes back the link of the same pair."""
    other_id: UUID
    reason: Clinical[Text]


class IdentitiesLinked(_Pair, stored_as="identities-linked.v1", is_command=True):
    """Two pseudonyms were found to be one person; one such event stands in each stream."""


class IdentitiesUnlinked(_Pair, stored_as="identities-unlinked.v1", is_command=True):
    """A link was found to be wrong and is taken back."""


class HouseholdJoined(Touchpoint, stored_as="household-joined.v1"):
    """A person belongs to a household."""

    household_id: UUID


class HouseholdLeft(Touchpoint, stored_as="household-left.v1"):
    """A person no longer belongs to a household."""

    household_id: UUID
