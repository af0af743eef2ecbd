"""The stage that staff set, as answers about a person show it beside the rules' stage."""

from uuid import UUID

from pydantic import Field

from api.http.answer import Asked, Instant, Part
from domain.journey import override_at


class StageOverride(Part):
    """A stage that staff set. It stands beside the rules' stage and never replaces it."""

    event_id: UUID
    stage: str
    since: Instant
    expires_on: str = Field(json_schema_extra={"format": "date"})
    """The last Seoul day on which it holds."""


def override_of(asked: Asked) -> StageOverride | None:
    """The one in force at the moment asked about."""
    found = override_at(asked.person.history, asked.as_of)
    if found is None:
        return None
    return StageOverride(
        event_id=found.event_id, stage=found.stage, since=found.since, expires_on=found.expires_on.isoformat()
    )
