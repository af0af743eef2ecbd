"""Corrections and voids: the only way to change the past, and they change nothing stored.

Of several amendments of one touchpoint the one with the greatest (decided_at, event_id) wins, whatever the order of
arrival; an amendment may arrive before its target, and counts only within the same participant's stream. Commands are
not amended: a link is taken back by an unlink, an override by its end.
"""

from datetime import UTC
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, JsonValue, model_validator
from pydantic_core import from_json

from domain.personal import Clinical
from domain.touchpoint import COLUMNS, Columns, Moment, Text, Touchpoint
from domain.versions import present


class _Amendment(Touchpoint):
    target_event_id: UUID
    """The touchpoint's `event_id`. It must have the same `subject`: told of another one, also of one that is linked, an
    amendment changes nothing."""
    decided_at: Annotated[Moment, AfterValidator(lambda moment: moment.astimezone(UTC))]
    """In UTC, so that the same decision is always stored as the same bytes."""
    reason: Clinical[Text] | None = None


class TouchpointVoided(_Amendment, stored_as="touchpoint-voided.v1"):
    """The target never happened, or not to this person."""


class TouchpointCorrected(_Amendment, stored_as="touchpoint-corrected.v1"):
    """The target happened otherwise: `replacement` states the whole touchpoint as it should have been told.

    The replacement holds all fields but participant, source and source_id, which are the target's own. One that states
    no `occurred_at` leaves the time as it was.
    """

    replacement_type: str
    """The stored name that the touchpoint should have had: the target's own, unless that was the mistake."""
    replacement: dict[str, JsonValue]
    """The fields as they should have been told; those that `replacement_type` seals are sealed here too."""

    @model_validator(mode="after")
    def _replacement_is_a_valid_touchpoint(self) -> Self:
        self.corrected(self)
        return self

    def parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """As for every event; of the replacement, what its own type seals is sealed here."""
        opened, sealed = super().parts()
        hidden = Touchpoint.registry[self.replacement_type].sealed_fields
        opened["replacement"] = {name: value for name, value in self.replacement.items() if name not in hidden}
        if kept := {name: value for name, value in self.replacement.items() if name in hidden}:
            sealed["replacement"] = kept
        return opened, sealed

    @classmethod
    def from_json(cls, columns: Columns, opened: bytes, unsealed: bytes | None) -> Self:
        """The correction again, its replacement joined from both parts."""
        stated, hidden = from_json(opened), from_json(unsealed or b"{}")
        hidden["replacement"] = stated["replacement"] | hidden.get("replacement", {})
        return cls.model_validate(dict(zip(COLUMNS, columns, strict=True)) | stated | hidden)

    def corrected(self, target: Touchpoint) -> Touchpoint:
        """The target as it should have been told: under its own identity, and at its own time unless told otherwise.

        A replacement in a superseded shape is valid in that one, and read in the present one.
        """
        kind = Touchpoint.registry.get(self.replacement_type)
        if kind is None or issubclass(kind, _Amendment) or kind.is_command:
            raise ValueError(f"replacement_type {self.replacement_type!r} is not the stored name of a touchpoint")
        told: dict[str, Any] = {"code_list_version": self.code_list_version, "origin": self.origin}
        if "occurred_at" not in self.replacement:
            told |= {"occurred_at": target.occurred_at, "precision": target.precision}
        identity = {
            "participant_id": self.participant_id,
            "source": target.source,
            "source_id": target.source_id,
        }
        return present(kind.model_validate(told | self.replacement | identity))
