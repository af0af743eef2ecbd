"""Relationships: single ties as they form and end, and whole surveys of somebody's network.

A tie describes someone who did not consent: a kind and a label private to ego, never a name or a contact.
"""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.codes import TieKind
from domain.personal import Clinical, Identity
from domain.touchpoint import Name, Text, Touchpoint

Closeness = Annotated[int, Field(ge=1, le=5)]
ContactsPerMonth = Annotated[float, Field(ge=0, le=1000)]


class TieReported(Touchpoint, stored_as="tie-reported.v1"):
    """A person told of a tie; `formed` when it is new rather than found to exist."""

    tie_id: Name
    kind: Clinical[TieKind]
    closeness: Clinical[Closeness] | None = None
    contacts_per_month: Clinical[ContactsPerMonth] | None = None
    formed: bool = False
    alter_label: Identity[Text] | None = None
    alter_id: UUID | None = None
    """The other person's pseudonym, only while both consent."""


class TieEnded(Touchpoint, stored_as="tie-ended.v1"):
    """A tie ended."""

    tie_id: Name
    reason: Clinical[Text] | None = None


class SurveyedTie(BaseModel):
    """One tie as a survey found it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tie_id: Name
    kind: TieKind
    closeness: Closeness | None = None
    contacts_per_month: ContactsPerMonth | None = None


class NetworkSurveyed(Touchpoint, stored_as="network-surveyed.v1"):
    """A person's ties were asked for as a whole; a complete survey ends the ties it omits."""

    method: Name
    complete: bool
    ties: Clinical[tuple[SurveyedTie, ...]]
