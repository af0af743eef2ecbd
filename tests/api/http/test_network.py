"""A person's network over HTTP: the network, every tie with its evidence, and two moments compared."""

from typing import Any

from fastapi.testclient import TestClient

from api.wiring import Majung
from domain.clock import parse_moment
from tests.api.http.requests import is_problem, person
from tests.domain.network.stories import end, report, survey
from tests.examples import OTHER_PARTICIPANT, identities_linked, tie_ended, tie_reported

STORY = (
    report("a", "2025-06-01", "family", 2, 4.0, True),
    report("b", "2025-06-01", "worker"),
    report("a", "2025-06-05", "family", 5),
    survey("a", "c", day="2025-06-10"),
)


def get(client: TestClient, **parameters: str) -> dict[str, Any]:
    response = client.get(person("/network"), params=parameters)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_network_is_told_with_every_tie_and_what_opened_changed_and_ended_it(
    client: TestClient, majung: Majung
) -> None:
    majung.journal.record(STORY)
    told = get(client, as_of="2025-06-09")
    assert told["network"] == {
        "size": 2,
        "kinds": {"family": 1, "friend": 0, "neighbour": 0, "group": 0, "worker": 1, "activist": 0},
        "professional": 1,
        "professional_share": 0.5,
        "mean_closeness": 5.0,
        "closeness_told": 1,
        "contacts_per_month": 4.0,
        "contacts_told": 1,
    }
    assert told["comparison"] is None
    later = get(client, as_of="2025-06-30")
    ties = {tie["tie_id"]: tie for tie in later["ties"]}
    assert list(ties) == ["a", "b", "c"]
    assert (ties["b"]["until"], ties["b"]["ended_by"]) == ("2025-06-10T01:00:00Z", str(STORY[3].event_id))
    first, second, third = ties["a"]["periods"]
    assert (first["told_by"], first["closeness"], first["formed"]) == (str(STORY[0].event_id), 2, True)
    assert (second["told_by"], second["since"]) == (str(STORY[2].event_id), first["until"])
    assert (third["kind"], third["until"], ties["a"]["until"]) == ("friend", None, None)


def test_a_network_is_asked_at_both_clocks(client: TestClient, majung: Majung) -> None:
    majung.journal.record(STORY, now=parse_moment("2025-06-11"))
    majung.journal.record([end("a", "2025-06-08")], now=parse_moment("2025-07-01"))
    assert get(client, as_of="2025-06-09")["network"]["size"] == 1
    assert get(client, as_of="2025-06-09", known_at="2025-06-15")["network"]["size"] == 2


def test_two_moments_are_compared_as_known_at_the_same_time(client: TestClient, majung: Majung) -> None:
    majung.journal.record(STORY)
    comparison = get(client, as_of="2025-06-30", compare_with="2025-06-02")["comparison"]
    assert (comparison["formed"], comparison["ended"], comparison["kept"]) == (["c"], ["b"], ["a"])
    assert (comparison["ties_before"], comparison["ties_after"], comparison["hamming"]) == (2, 2, 2)
    assert comparison["jaccard"] == 1 / 3
    assert (comparison["before"], comparison["after"]) == ("2025-06-02T14:59:59.999999Z", "2025-06-30T14:59:59.999999Z")
    empty = get(client, as_of="2025-05-02", compare_with="2025-05-01")
    assert (empty["comparison"]["jaccard"], empty["network"]["professional_share"]) == (None, None)


def test_a_comparison_with_a_later_moment_or_none_is_refused(client: TestClient, majung: Majung) -> None:
    majung.journal.record(STORY)
    for wrong in ("2025-06-03", "june"):
        response = client.get(person("/network"), params={"as_of": "2025-06-02", "compare_with": wrong})
        [parameter] = is_problem(response, 422, "invalid-parameter")["parameters"]
        assert parameter["name"] == "compare_with"
    is_problem(client.get(person("/journey"), params={"compare_with": "2025-06-02"}), 422, "invalid-parameter")
    is_problem(client.get(person("/network", OTHER_PARTICIPANT)), 404, "person-unknown")


def test_linked_identities_have_one_network(client: TestClient, majung: Majung) -> None:
    majung.journal.record([*STORY, report("z").replaced(participant_id=OTHER_PARTICIPANT), identities_linked])
    assert [tie["tie_id"] for tie in get(client)["ties"]] == ["a", "b", "c", "z"]


def test_an_answer_that_still_holds_is_not_sent_again(client: TestClient, majung: Majung) -> None:
    majung.journal.record(STORY[:1])
    asked = person("/network?as_of=2025-06-30")
    known = {"If-None-Match": client.get(asked).headers["ETag"]}
    assert client.get(asked, headers=known).status_code == 304
    majung.journal.record(STORY[1:])
    assert client.get(asked, headers=known).json()["network"]["size"] == 2


def test_no_label_no_reason_and_not_who_the_other_person_is(client: TestClient, majung: Majung) -> None:
    majung.journal.record([tie_reported, tie_ended.replaced(tie_id=tie_reported.tie_id)])
    text = client.get(person("/network"), params={"compare_with": "2025-05-18"}).text
    assert tie_reported.tie_id in text
    assert tie_ended.reason
    assert tie_reported.alter_label
    assert [told for told in (tie_ended.reason, tie_reported.alter_label, str(OTHER_PARTICIPANT)) if told in text] == []
