"""How somebody is: the risk checklist, and the instruments' measures."""

from pydantic import JsonValue

from domain.codes import MeasureMode, NotTakenReason, RiskLevel
from domain.personal import Clinical
from domain.touchpoint import Name, Touchpoint


class RiskAssessed(Touchpoint, stored_as="risk-assessed.v1"):
    """A checklist was filled in and the assessor gave a level."""

    checklist: Name
    checklist_version: Name
    answers: Clinical[dict[str, JsonValue]] | None = None
    level: Clinical[RiskLevel]
    isolation_type: Clinical[Name] | None = None


class MeasureTaken(Touchpoint, stored_as="measure-taken.v1"):
    """An instrument was answered; `items` in the instrument's order, None where one is missing."""

    instrument: Name
    version: Name = "1"
    language: Name = "ko"
    mode: MeasureMode = MeasureMode.INTERVIEW
    items: Clinical[tuple[int | None, ...]] | None = None
    score: Clinical[float] | None = None
    """The producer's total: counted only for score-only instruments, or when no items came with it."""


class MeasureNotTaken(Touchpoint, stored_as="measure-not-taken.v1"):
    """A measure was due and was not taken, and why."""

    instrument: Name
    reason: NotTakenReason
