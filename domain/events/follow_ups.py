"""Promises to a person: scheduled, done, cancelled."""

from datetime import date

from domain.touchpoint import Name, Touchpoint


class FollowUpScheduled(Touchpoint, stored_as="follow-up-scheduled.v1"):
    """Somebody is to be called or seen again by a day."""

    follow_up_id: Name
    due_on: date
    purpose: Name


class FollowUpDone(Touchpoint, stored_as="follow-up-done.v1"):
    """A promise was kept."""

    follow_up_id: Name
    result: Name


class FollowUpCancelled(Touchpoint, stored_as="follow-up-cancelled.v1"):
    """A promise was called off."""

    follow_up_id: Name
    result: Name | None = None
