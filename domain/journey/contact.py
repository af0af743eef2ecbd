"""What counts as a contact, and which contacts may move a stage.

Decisions where the rules leave room:
- A discovery attempt that found the person is a contact: the visit by which a third person's own journey can begin.
  One that says that it was about somebody else is no contact of the person under whose pseudonym it stands.
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


def always(event: Touchpoint) -> bool:
    """Of this type each is a contact."""
    return True


# A member of an enumeration is found by its class each time, which costs as much as the rest of a test.
_SELF, _ANOTHER, _INFORMATION = About.SELF, (About.OTHER, About.HOUSEHOLD), CallLevel.INFORMATION
_ANSWERED, _REACHED, _CONTACTED = CallOutcome.ANSWERED, ReachOutcome.REACHED, DiscoveryOutcome.CONTACTED


CONTACTS: Mapping[type[Touchpoint], Callable[[Any], bool]] = {
    CallReceived: lambda call: call.outcome == _ANSWERED,
    CallPlaced: lambda call: call.outcome == _REACHED,
    DiscoveryAttempted: lambda attempt: attempt.outcome == _CONTACTED and attempt.about not in _ANOTHER,
    StoreVisited: always,
    PeerTalkHeld: always,
    SessionAttended: always,
    CounsellingHeld: always,
    DirectSupportGiven: always,
    ActivityPerformed: always,
}
"""The types that can be a contact, and when one is."""


def is_contact(event: Touchpoint) -> bool:
    """Somebody was reached: an answered or reached call, a visit, a session attended, help given, an activity done."""
    test = CONTACTS.get(type(event))
    return test is not None and test(event)


def moves_own_stage(event: Touchpoint) -> bool:
    """A contact that is about the person, and not a call about somebody else."""
    # `type` and not isinstance: pydantic's instance check costs more than all the rest.
    if type(event) is CallReceived and event.about in _ANOTHER:
        return False
    return is_contact(event)


def opens_the_door(event: Touchpoint) -> bool:
    """A contact with which a journey may begin: a call only when about oneself and more than information."""
    if type(event) is CallReceived and (event.about != _SELF or event.level == _INFORMATION):
        return False
    return is_contact(event)


def could_be_anybody(event: Touchpoint) -> bool:
    """A contact that alone does not tell one person from another: an anonymous call, a walk into a store."""
    return type(event) is StoreVisited or (type(event) is CallReceived and event.anonymous)
