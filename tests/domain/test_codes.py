"""The code lists, which only grow."""

import pytest

from domain import codes
from domain.codes import CURRENT, FIRST, VERSIONS, CodeList, PrescriptionCategory
from tests.examples import call_received

LISTS = [kind for kind in vars(codes).values() if isinstance(kind, type) and issubclass(kind, CodeList) and len(kind)]

SHIPPED = {
    "About": "self other household",
    "AgeBand": "child adolescent youth middle older unknown",
    "Basis": "consent statute public_task vital_interest",
    "CallChannel": "phone chatbot kakaotalk",
    "CallLevel": "information loneliness_talk household_discovery emergency",
    "CallOutcome": "answered abandoned wrong_number nuisance",
    "CallPurpose": "callback check discovery",
    "ConsentBy": "self guardian agent",
    "ConsentScope": "service health callback share research",
    "DataRight": "access correct suspend erase explain",
    "DiscoveryOutcome": "contacted no_answer refused not_found",
    "EscalatedTo": "119 112 109 hospital manager",
    "Gender": "female male other unknown",
    "HouseholdType": "single couple family shared institution unknown",
    "JourneyEnd": "completed moved_out died withdrew transferred institution",
    "MeasureMode": "self phone interview",
    "NotTakenReason": "declined crisis unfit absent",
    "Origin": "live migrated synthetic",
    "ParticipantKind": "person household",
    "Precision": "instant day month",
    "PrescriptionCategory": "sport_health culture_art daily_living emotional_healing",
    "PrescriptionEnd": "completed dropped_out replaced unsuitable",
    "ReachOutcome": "reached no_answer refused wrong_number",
    "Repeat": "first repeat unknown",
    "Reporter": "neighbour family official other",
    "RiskLevel": "low medium high",
    "Stage": "prevention healing return re_isolation_prevention ended",
    "StepDownReason": "relapse health moved work other",
    "StoreActivity": "self_check counselling small_group goods other",
    "TieKind": "family friend neighbour group worker activist",
}
"""Warning: stored events speak these values. Add to a list; never rename or remove one."""


def test_no_code_was_ever_renamed_or_removed() -> None:
    shipped = {name: values.split() for name, values in SHIPPED.items()}
    assert {kind.__name__: [code.value for code in kind] for kind in LISTS} == shipped


def test_versions_are_in_order_and_end_with_the_current_one() -> None:
    assert list(VERSIONS) == sorted(VERSIONS)
    assert (VERSIONS[0], VERSIONS[-1]) == (FIRST, CURRENT)


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
def test_every_code_came_with_a_version_that_exists(kind: type[CodeList]) -> None:
    assert all(code.since in VERSIONS for code in kind)
    assert kind.of_version(CURRENT) == tuple(kind)


def test_the_first_version_lacks_what_came_later() -> None:
    assert PrescriptionCategory.EMOTIONAL_HEALING not in PrescriptionCategory.of_version(FIRST)
    assert len(PrescriptionCategory.of_version(FIRST)) == 3


def test_a_code_reads_and_writes_as_its_plain_text() -> None:
    assert PrescriptionCategory("sport_health") is PrescriptionCategory.SPORT_HEALTH
    assert f"{PrescriptionCategory.SPORT_HEALTH}" == "sport_health"
    assert '"level":"loneliness_talk"' in call_received.model_dump_json()
