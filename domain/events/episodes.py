"""The end of an episode, and stages that people rather than rules decide."""

from datetime import date
from uuid import UUID

from domain.codes import JourneyEnd, Stage
from domain.personal import Clinical
from domain.touchpoint import Name, Text, Touchpoint


class JourneyEnded(Touchpoint, stored_as="journey-ended.v1"):
    """A person left the programme; a later contact opens a new episode."""

    reason: JourneyEnd


class StageOverridden(Touchpoint, stored_as="stage-overridden.v1", is_command=True):
    """Staff set a stage beside the rule's, until it expires."""

    stage: Clinical[Stage]
    reason: Clinical[Text]
    expires_on: date


class OverrideEnded(Touchpoint, stored_as="override-ended.v1", is_command=True):
    """An override was lifted before it expired."""

    override_event_id: UUID
    reason: Clinical[Text]


class StateObserved(Touchpoint, stored_as="state-observed.v1"):
    """An outside system told a state of its own (external multi-state data)."""

    state: Name
