"""One plain example of every event, every field filled, nobody real. A test changes only the field it is about:

    from tests.examples import call_received

    emergency = call_received.replaced(level="emergency")

Warning: the golden files hold these very values as first stored. To show another value, derive it in the test.
"""

from typing import Any
from uuid import UUID

from domain.events import (
    ActivistSelected,
    ActivistSteppedDown,
    ActivityPerformed,
    AlertAcknowledged,
    CallPlaced,
    CallReceived,
    ConcernReported,
    ConsentGiven,
    ConsentWithdrawn,
    CounsellingHeld,
    CrisisEscalated,
    DataDisclosed,
    DirectSupportGiven,
    DiscoveryAttempted,
    DiscoveryAttemptedV1,
    ErasureCompleted,
    ErasureConfirmed,
    ErasureRequested,
    ExportReleased,
    FollowUpCancelled,
    FollowUpDone,
    FollowUpScheduled,
    HouseholdJoined,
    HouseholdLeft,
    IdentitiesLinked,
    IdentitiesUnlinked,
    JourneyEnded,
    MeasureNotTaken,
    MeasureTaken,
    NetworkSurveyed,
    OverrideEnded,
    ParticipantRegistered,
    ParticipantUpdated,
    PeerTalkHeld,
    PrescriptionClosed,
    PrescriptionIssued,
    ProcessingRestricted,
    ProcessingResumed,
    ReferralAccepted,
    ReferralClosed,
    ReferralDeclined,
    ReferralSent,
    RightsAnswered,
    RightsRequested,
    RiskAssessed,
    SessionAttended,
    SessionMissed,
    ShiftHandedOver,
    StageOverridden,
    StateObserved,
    StoreVisited,
    SurveyedTie,
    TieEnded,
    TieReported,
    TouchpointCorrected,
    TouchpointVoided,
    TrainingCompleted,
    WorkerAssigned,
    WorkerUnassigned,
)
from domain.touchpoint import Touchpoint

PARTICIPANT = UUID("6f1d2c3b-4a59-4e68-9c77-8b86a5943b21")
"""Whom every example is about."""
OTHER_PARTICIPANT = UUID("b3a07c5e-1f42-4d09-8e6b-27d8c4f09a13")
"""A second pseudonym, greater than the first: linked to it, the first stays the root."""
HOUSEHOLD = UUID("d94e6b18-70c2-4f3a-a5d1-0c9be7326f48")


def envelope(source_id: str, occurred_at: str) -> dict[str, Any]:
    """The fields every event shares, with the time of day in Seoul."""
    return {
        "participant_id": PARTICIPANT,
        "occurred_at": f"{occurred_at}+09:00",
        "source": "urn:majung:test",
        "source_id": source_id,
        "precision": "instant",
        "actor": "worker-07",
        "organisation": "isolation-prevention-center",
        "site": "gwanak",
        "district": "gwanak-gu",
        "basis": "consent",
        "code_list_version": "2025-08",
        "origin": "live",
        "note": "Told in one sentence.",
    }


participant_registered = ParticipantRegistered(
    **envelope("registered-1", "2025-05-01T09:00:00"),
    kind="person",
    age_band="middle",
    gender="female",
    household_type="single",
    name="A name",
    nickname="A nickname",
    phone="000-0000-0000",
    birth_date="1970-01-01",
    address="An address",
)
participant_updated = ParticipantUpdated(
    **envelope("updated-1", "2025-05-02T09:00:00"),
    kind="person",
    age_band="middle",
    gender="female",
    household_type="shared",
    name="Another name",
    nickname="Another nickname",
    phone="000-0000-0001",
    birth_date="1970-01-02",
    address="Another address",
)
call_received = CallReceived(
    **envelope("call-1", "2025-05-02T10:15:00"),
    channel="phone",
    outcome="answered",
    level="loneliness_talk",
    about="self",
    anonymous=False,
    repeat="first",
    age_band="middle",
    duration_seconds=754,
)
call_placed = CallPlaced(
    **envelope("call-out-1", "2025-05-03T14:00:00"), purpose="callback", outcome="reached", duration_seconds=310
)
concern_reported = ConcernReported(
    **envelope("concern-1", "2025-05-03T16:20:00"), reporter="neighbour", where="A basement room behind the market"
)
discovery_attempted_v1 = DiscoveryAttemptedV1(**envelope("discovery-1", "2025-05-04T11:00:00"), outcome="contacted")
discovery_attempted = DiscoveryAttempted(
    **envelope("discovery-2", "2025-05-04T11:30:00"), outcome="contacted", about="self"
)
crisis_escalated = CrisisEscalated(
    **envelope("crisis-1", "2025-05-04T23:10:00"), to="109", result="handed over", reason="Said that it was too much"
)
alert_acknowledged = AlertAcknowledged(
    **envelope("alert-1", "2025-05-04T23:15:00"), alert_event_id=crisis_escalated.event_id, action="call back today"
)
shift_handed_over = ShiftHandedOver(**envelope("handover-1", "2025-05-05T08:00:00"), to_actor="worker-08", open_items=2)
worker_assigned = WorkerAssigned(
    **envelope("assigned-1", "2025-05-05T09:00:00"), worker="worker-08", role="case manager"
)
worker_unassigned = WorkerUnassigned(
    **envelope("unassigned-1", "2025-05-30T17:00:00"), worker="worker-08", role="case manager"
)
store_visited = StoreVisited(
    **envelope("visit-1", "2025-05-06T13:30:00"),
    activities=("self_check", "goods"),
    age_band="middle",
    nickname="A nickname",
    stay_minutes=40,
)
peer_talk_held = PeerTalkHeld(**envelope("peer-talk-1", "2025-05-06T14:00:00"), activist_id="activist-03", minutes=25)
risk_assessed = RiskAssessed(
    **envelope("risk-1", "2025-05-07T10:00:00"),
    checklist="seoul-risk",
    checklist_version="2025-04",
    answers={"1": 2, "2": "often", "3": None},
    level="medium",
    isolation_type="relational",
)
measure_taken = MeasureTaken(
    **envelope("measure-1", "2025-05-07T10:30:00"),
    instrument="UCLA-3",
    version="1",
    language="ko",
    mode="interview",
    items=(3, 2, 2),
    score=7.0,
)
measure_not_taken = MeasureNotTaken(
    **envelope("measure-2", "2025-05-07T10:40:00"), instrument="PHQ-9", reason="declined"
)
prescription_issued = PrescriptionIssued(
    **envelope("prescription-1", "2025-05-08T11:00:00"),
    prescription_id="rx-1",
    resource="plogging",
    category="sport_health",
    provider="connection-organisation-05",
    sessions_planned=8,
)
prescription_closed = PrescriptionClosed(
    **envelope("prescription-1-closed", "2025-05-29T11:00:00"), prescription_id="rx-1", reason="completed"
)
session_attended = SessionAttended(
    **envelope("session-1", "2025-05-10T10:00:00"),
    prescription_id="rx-1",
    programme="plogging",
    session_id="plogging-1",
    session_number=1,
    minutes=90,
)
session_missed = SessionMissed(
    **envelope("session-2", "2025-05-17T10:00:00"),
    prescription_id="rx-1",
    programme="plogging",
    session_id="plogging-2",
    session_number=2,
    reason="Did not feel well",
)
counselling_held = CounsellingHeld(
    **envelope("counselling-1", "2025-05-12T15:00:00"),
    provider="counselling-organisation-02",
    mode="face to face",
    minutes=50,
)
direct_support_given = DirectSupportGiven(
    **envelope("support-1", "2025-05-12T16:00:00"), kind="food", amount_krw=30_000
)
referral_sent = ReferralSent(
    **envelope("referral-1", "2025-05-13T09:00:00"), referral_id="ref-1", to_organisation="mental-health-centre"
)
referral_accepted = ReferralAccepted(**envelope("referral-1-accepted", "2025-05-14T09:00:00"), referral_id="ref-1")
referral_declined = ReferralDeclined(
    **envelope("referral-2-declined", "2025-05-14T10:00:00"), referral_id="ref-2", reason="No room before July"
)
referral_closed = ReferralClosed(
    **envelope("referral-1-closed", "2025-05-28T09:00:00"), referral_id="ref-1", outcome="seen twice"
)
tie_reported = TieReported(
    **envelope("tie-1", "2025-05-18T10:00:00"),
    tie_id="tie-1",
    kind="friend",
    closeness=3,
    contacts_per_month=4.0,
    formed=True,
    alter_label="From the walking group",
    alter_id=OTHER_PARTICIPANT,
)
tie_ended = TieEnded(**envelope("tie-2-ended", "2025-05-19T10:00:00"), tie_id="tie-2", reason="Lost touch")
network_surveyed = NetworkSurveyed(
    **envelope("network-1", "2025-05-20T10:00:00"),
    method="name generator",
    complete=True,
    ties=(
        SurveyedTie(tie_id="tie-1", kind="friend", closeness=4, contacts_per_month=6.0),
        SurveyedTie(tie_id="tie-3", kind="family", closeness=2, contacts_per_month=0.5),
    ),
)
follow_up_scheduled = FollowUpScheduled(
    **envelope("follow-up-1", "2025-05-20T11:00:00"),
    follow_up_id="fu-1",
    due_on="2025-05-27",
    purpose="ask how the week went",
)
follow_up_done = FollowUpDone(
    **envelope("follow-up-1-done", "2025-05-26T11:00:00"), follow_up_id="fu-1", result="reached"
)
follow_up_cancelled = FollowUpCancelled(
    **envelope("follow-up-2-cancelled", "2025-05-26T12:00:00"), follow_up_id="fu-2", result="no longer needed"
)
activist_selected = ActivistSelected(**envelope("activist-1", "2025-05-21T10:00:00"), area="store support")
training_completed = TrainingCompleted(**envelope("training-1", "2025-05-22T18:00:00"), hours=12.5)
activity_performed = ActivityPerformed(
    **envelope("activity-1", "2025-05-24T14:00:00"), area="store support", kind="peer talk", minutes=60, helped_count=3
)
activist_stepped_down = ActivistSteppedDown(**envelope("stepped-down-1", "2025-05-30T10:00:00"), reason="work")
consent_given = ConsentGiven(
    **envelope("consent-1", "2025-05-01T09:05:00"),
    scopes=("service", "health", "callback"),
    text_version="2025-04",
    by="self",
    valid_until="2027-04-30",
)
consent_withdrawn = ConsentWithdrawn(**envelope("consent-2", "2025-05-30T11:00:00"), scopes=("callback",), by="self")
processing_restricted = ProcessingRestricted(**envelope("restricted-1", "2025-05-23T09:00:00"), scope="research")
processing_resumed = ProcessingResumed(**envelope("resumed-1", "2025-05-25T09:00:00"), scope="research")
rights_requested = RightsRequested(**envelope("right-1", "2025-05-23T09:10:00"), right="access", due_on="2025-06-02")
rights_answered = RightsAnswered(
    **envelope("right-1-answered", "2025-05-27T09:10:00"), right="access", result="copy handed over"
)
journey_ended = JourneyEnded(**envelope("ended-1", "2025-05-31T17:00:00"), reason="completed")
identities_linked = IdentitiesLinked(
    **envelope("pair-1-linked", "2025-05-15T09:00:00"),
    pair_id="pair-1",
    other_id=OTHER_PARTICIPANT,
    reason="Told both stories in one call",
)
identities_unlinked = IdentitiesUnlinked(
    **envelope("pair-1-unlinked", "2025-05-16T09:00:00"),
    pair_id="pair-1",
    other_id=OTHER_PARTICIPANT,
    reason="Two people after all",
)
household_joined = HouseholdJoined(**envelope("household-1", "2025-05-02T09:30:00"), household_id=HOUSEHOLD)
household_left = HouseholdLeft(**envelope("household-2", "2025-05-30T09:30:00"), household_id=HOUSEHOLD)
stage_overridden = StageOverridden(
    **envelope("override-1", "2025-05-16T10:00:00"),
    stage="healing",
    reason="The checklist missed what the counsellor heard",
    expires_on="2025-06-15",
)
override_ended = OverrideEnded(
    **envelope("override-1-ended", "2025-05-28T10:00:00"),
    override_event_id=stage_overridden.event_id,
    reason="Assessed again",
)
state_observed = StateObserved(**envelope("state-1", "2025-05-11T00:00:00"), state="platelet recovery")
touchpoint_corrected = TouchpointCorrected(
    **envelope("correction-1", "2025-05-05T09:30:00"),
    target_event_id=call_received.event_id,
    decided_at="2025-05-05T09:30:00+09:00",
    reason="The level was set by mistake",
    replacement_type="call-received.v1",
    replacement={
        "occurred_at": "2025-05-02T10:15:00+09:00",
        "channel": "phone",
        "outcome": "answered",
        "level": "information",
        "about": "self",
        "note": "Asked where the store is.",
    },
)
touchpoint_voided = TouchpointVoided(
    **envelope("void-1", "2025-05-09T09:30:00"),
    target_event_id=store_visited.event_id,
    decided_at="2025-05-09T09:30:00+09:00",
    reason="Somebody else's visit",
)
erasure_requested = ErasureRequested(**envelope("erasure-1", "2025-05-31T18:00:00"))
erasure_confirmed = ErasureConfirmed(**envelope("erasure-1-confirmed", "2025-05-31T18:30:00"))
erasure_completed = ErasureCompleted(
    **envelope("erasure-1-completed", "2025-05-31T19:00:00"), receipts=("journal:2025-05-31", "backup:2025-08-29")
)
data_disclosed = DataDisclosed(
    **envelope("disclosed-1", "2025-05-29T15:00:00"),
    recipient="district court",
    legal_basis="court order",
    document_number="2025-0001",
    fields=("age_band", "gender"),
    positions=(3, 14),
)
export_released = ExportReleased(
    **envelope("export-1", "2025-05-30T15:00:00"), definition="outcomes.v1", position=57, recipients=("researcher-01",)
)

EXAMPLES: dict[str, Touchpoint] = {
    example.stored_as: example for example in tuple(globals().values()) if isinstance(example, Touchpoint)
}
"""Every example by its stored name."""
