"""Every event of the programme, by family. Import events from here: `from domain.events import CallReceived`."""

from domain.events.activism import ActivistSelected, ActivistSteppedDown, ActivityPerformed, TrainingCompleted
from domain.events.amendments import TouchpointCorrected, TouchpointVoided
from domain.events.assessment import MeasureNotTaken, MeasureTaken, RiskAssessed
from domain.events.calls import CallPlaced, CallReceived
from domain.events.consent import (
    ConsentGiven,
    ConsentWithdrawn,
    ProcessingRestricted,
    ProcessingResumed,
    RightsAnswered,
    RightsRequested,
)
from domain.events.crisis import (
    AlertAcknowledged,
    ConcernReported,
    CrisisEscalated,
    DiscoveryAttempted,
    DiscoveryAttemptedV1,
)
from domain.events.disclosure import (
    DataDisclosed,
    ErasureCompleted,
    ErasureConfirmed,
    ErasureRequested,
    ExportReleased,
)
from domain.events.episodes import JourneyEnded, OverrideEnded, StageOverridden, StateObserved
from domain.events.follow_ups import FollowUpCancelled, FollowUpDone, FollowUpScheduled
from domain.events.identities import HouseholdJoined, HouseholdLeft, IdentitiesLinked, IdentitiesUnlinked
from domain.events.participants import ParticipantRegistered, ParticipantUpdated
from domain.events.prescriptions import PrescriptionClosed, PrescriptionIssued, SessionAttended, SessionMissed
from domain.events.shifts import ShiftHandedOver, WorkerAssigned, WorkerUnassigned
from domain.events.stores import PeerTalkHeld, StoreVisited
from domain.events.support import (
    CounsellingHeld,
    DirectSupportGiven,
    ReferralAccepted,
    ReferralClosed,
    ReferralDeclined,
    ReferralSent,
)
from domain.events.ties import NetworkSurveyed, SurveyedTie, TieEnded, TieReported

__all__ = [
    "ActivistSelected",
    "ActivistSteppedDown",
    "ActivityPerformed",
    "AlertAcknowledged",
    "CallPlaced",
    "CallReceived",
    "ConcernReported",
    "ConsentGiven",
    "ConsentWithdrawn",
    "CounsellingHeld",
    "CrisisEscalated",
    "DataDisclosed",
    "DirectSupportGiven",
    "DiscoveryAttempted",
    "DiscoveryAttemptedV1",
    "ErasureCompleted",
    "ErasureConfirmed",
    "ErasureRequested",
    "ExportReleased",
    "FollowUpCancelled",
    "FollowUpDone",
    "FollowUpScheduled",
    "HouseholdJoined",
    "HouseholdLeft",
    "IdentitiesLinked",
    "IdentitiesUnlinked",
    "JourneyEnded",
    "MeasureNotTaken",
    "MeasureTaken",
    "NetworkSurveyed",
    "OverrideEnded",
    "ParticipantRegistered",
    "ParticipantUpdated",
    "PeerTalkHeld",
    "PrescriptionClosed",
    "PrescriptionIssued",
    "ProcessingRestricted",
    "ProcessingResumed",
    "ReferralAccepted",
    "ReferralClosed",
    "ReferralDeclined",
    "ReferralSent",
    "RightsAnswered",
    "RightsRequested",
    "RiskAssessed",
    "SessionAttended",
    "SessionMissed",
    "ShiftHandedOver",
    "StageOverridden",
    "StateObserved",
    "StoreVisited",
    "SurveyedTie",
    "TieEnded",
    "TieReported",
    "TouchpointCorrected",
    "TouchpointVoided",
    "TrainingCompleted",
    "WorkerAssigned",
    "WorkerUnassigned",
]
