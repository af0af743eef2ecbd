"""Volunteering (모두의 친구): the recovered help others as healing activists."""

from typing import Annotated

from pydantic import Field, NonNegativeInt

from domain.codes import StepDownReason
from domain.personal import Clinical
from domain.touchpoint import Name, Touchpoint


class ActivistSelected(Touchpoint, stored_as="activist-selected.v1"):
    """A recovered person was selected to become a healing activist."""

    area: Name | None = None


class TrainingCompleted(Touchpoint, stored_as="training-completed.v1"):
    """Basic training was completed."""

    hours: Annotated[float, Field(gt=0, le=10_000)] | None = None


class ActivityPerformed(Touchpoint, stored_as="activity-performed.v1"):
    """A healing activist did a field activity."""

    area: Name
    kind: Name
    minutes: NonNegativeInt | None = None
    helped_count: NonNegativeInt | None = None


class ActivistSteppedDown(Touchpoint, stored_as="activist-stepped-down.v1"):
    """A healing activist stopped, and why."""

    reason: Clinical[StepDownReason]
