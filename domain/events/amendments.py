"""Corrections and voids: the only way to change the past, and they change nothing stored.

Of several amendments of one touchpoint the one with the greatest (decided_at, event_id) wins, whatever the order of
arrival; an amendment may arrive before its target, and counts only within the same participant's stream.
"""

from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime, JsonValue, model_validator

from domain.personal import Clinical
from domain.touchpoint import Text, Touchpoint


class _Amendment(Touchpoint):
    target_event_id: UUID
    decided_at: AwareDatetime
    reason: Clinical[Text] | None = None


class TouchpointVoided(_Amendment, stored_as="touchpoint-voided.v1"):
    """The target never happened, or not to this person."""


class TouchpointCorrected(_Amendment, stored_as="touchpoint-corrected.v1"):
    """The target happened otherwise: `replacement` states the whole touchpoint as it should have been told.

    `replacement_type` is the target's stored name; `replacement` holds its fields except participant, source and source_id,
    which are the target's own. Sealed fields of the target's type are sealed here too.
    """

    replacement_type: str
    replacement: dict[str, JsonValue]

    @model_validator(mode="after")
    def _replacement_is_a_valid_touchpoint(self) -> Self:
        self.corrected(source=self.source, source_id=self.source_id)
        return self

    def corrected(self, *, source: str, source_id: str) -> Touchpoint:
        """The target as it should have been told, under the identity of the target."""
        kind = Touchpoint.registry.get(self.replacement_type)
        if kind is None or issubclass(kind, _Amendment) or kind.is_command:
            raise ValueError(f"replacement_type {self.replacement_type!r} is not the stored name of a touchpoint")
        values: dict[str, Any] = {"occurred_at": self.occurred_at, **self.replacement}
        identity = {"participant_id": self.participant_id, "source": source, "source_id": source_id}
        return kind.model_validate(values | identity)
