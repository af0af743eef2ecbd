"""The connection prescription (서울 연결 처방) and its programme sessions."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from domain.codes import PrescriptionCategory, PrescriptionEnd
from domain.personal import Clinical
from domain.touchpoint import Name, Text, Touchpoint


class PrescriptionIssued(Touchpoint, stored_as="prescription-issued.v1"):
    """A resource was prescribed to somebody cut off from relationships."""

    prescription_id: Name
    resource: Name
    category: PrescriptionCategory
    provider: Name | None = None
    sessions_planned: PositiveInt | None = None


class PrescriptionClosed(Touchpoint, stored_as="prescription-closed.v1"):
    """A prescription came to its end."""

    prescription_id: Name
    reason: PrescriptionEnd


class _Session(Touchpoint):
    prescription_id: Name | None = None
    """None when the session arrived without one, or before it: it still counts."""
    programme: Name
    session_id: Name
    session_number: Annotated[int, Field(ge=1, le=1000)] | None = None


class SessionAttended(_Session, stored_as="session-attended.v1"):
    """A person took part in a session."""

    minutes: NonNegativeInt | None = None


class SessionMissed(_Session, stored_as="session-missed.v1"):
    """A person was expected at a session and did not come."""

    reason: Clinical[Text] | None = None
