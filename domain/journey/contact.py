"""What counts as a contact, and which contacts may move a stage.

Decisions where the rules leave room:
- A discovery attempt that found the person is a contact: the visit by which a third person's own journey can begin.
- A call about somebody else is a contact (the caller is not silent), but moves no stage of the caller: it opens a
  concern.
- Only an incoming call states what it is about and how deep it went, so only that is asked of it; a call-back that
  reached somebody counts as it stands.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.codes import About, CallLevel, CallOutcome, DiscoveryOutcome, ReachOutcome
from domain.events import (
    ActivityPerformed,
    CallPlaced,
    CallReceived,
    CounsellingHeld,
    DirectSupportGiven,
    DiscoveryAttempted,
    PeerTalkHeld,
    SessionAttended,
    StoreVisited,
)
from domain.touchpoint import Touchpoint


def _always(event: Touchpoint) -> bool:
    return True


CONTACTS: Mapping[type[Touchpoint], Callable[[Any], bool]] = {
    CallReceived: lambda call: call.outcome == CallOutcome.ANSWERED,
    CallPlaced: lambda call: call.outcome == ReachOutcome.REACHED,
    DiscoveryAttempted: lambda attempt: attempt.outcome == DiscoveryOutcome.CONTACTED,
    StoreVisited: _always,
    PeerTalkHeld: _always,
    SessionAttended: _always,
    CounsellingHeld: _always,
    DirectSupportGiven: _always,
    ActivityPerformed: _always,
}
"""The types that can be a contact, and when one is."""


def is_contact(event: Touchpoint) -> bool:
    """Somebody was reached: an answered or reached call, a visit, a session attended, help given, an activity done."""
    test = CONTACTS.get(type(event))
    return test is not None and test(event)


def moves_own_stage(event: Touchpoint) -> bool:
    """A contact that is about the person, and not a call about somebody else."""
    about_another = isinstance(event, CallReceived) and event.about in (About.OTHER, About.HOUSEHOLD)
    return not about_another and is_contact(event)


def opens_the_door(event: Touchpoint) -> bool:
    """A contact with which a journey may begin: a call only when about oneself and more than information."""
    if isinstance(event, CallReceived) and (event.about != About.SELF or event.level == CallLevel.INFORMATION):
        return False
    return is_contact(event)


def could_be_anybody(event: Touchpoint) -> bool:
    """A contact that alone does not tell one person from another: an anonymous call, a walk into a store."""
    return isinstance(event, StoreVisited) or (isinstance(event, CallReceived) and event.anonymous)
