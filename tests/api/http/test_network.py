"""A person's network over HTTP: the network, every tie with its evidence, and two moments compared."""

from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from api.wiring import Majung
from domain.clock import parse_moment
from domain.touchpoint import Touchpoint
from tests.api.http.requests import is_problem, person
from tests.domain.network.stories import end, report, survey
from tests.domain.network.two_people import BOTH, A, B, agrees, by, named, withdraws
from tests.examples import OTHER_PARTICIPANT, identities_linked, peer_talk_held, tie_ended, tie_reported
from tests.given import on

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


def ties_of(client: TestClient, who: UUID, **parameters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(person("/network", who), params=parameters).json()["ties"]
    return found


def test_a_tie_between_two_tracked_people_is_told_from_both_sides_while_both_consent(
    client: TestClient, majung: Majung
) -> None:
    told = named("t", B, kind="activist", closeness=4)
    majung.journal.record([*BOTH, told, end("t", "2025-06-08"), withdraws(A, "2025-06-20")])
    [own] = ties_of(client, A, as_of="2025-06-10")
    [other] = ties_of(client, B, as_of="2025-06-10")
    assert (own["teller"], own["alter"], other["teller"], other["alter"]) == ("self", str(B), "other", str(A))
    same = ("tie_id", "since", "until", "opened_by", "ended_by")
    assert [own[name] for name in same] == [other[name] for name in same]
    [own_period], [other_period] = own["periods"], other["periods"]
    assert (own_period["kind"], own_period["closeness"]) == ("activist", 4)
    assert (other_period["kind"], other_period["closeness"]) == ("helped", None)
    [hidden] = ties_of(client, A)
    assert (hidden["teller"], hidden["alter"]) == ("self", None)
    assert ties_of(client, B) == []
    assert len(ties_of(client, B, as_of="2025-06-19")) == 1


def test_both_sides_are_asked_at_the_journals_clock(client: TestClient, majung: Majung) -> None:
    majung.journal.record([agrees(A), named("t", B), by(B, report("own"))], now=parse_moment("2025-06-11"))
    majung.journal.record([agrees(B)], now=parse_moment("2025-07-01"))
    assert [tie["tie_id"] for tie in ties_of(client, B, as_of="2025-06-10")] == ["own", "t"]
    assert [tie["tie_id"] for tie in ties_of(client, B, as_of="2025-06-10", known_at="2025-06-15")] == ["own"]
    assert ties_of(client, A, as_of="2025-06-10", known_at="2025-06-15")[0]["alter"] is None


def test_an_answer_that_another_persons_events_changed_is_sent_again(client: TestClient, majung: Majung) -> None:
    """No event of the one who is asked about: only the other tells, consents, withdraws and is linked."""
    smaller = UUID(int=7)
    majung.journal.record([agrees(A), agrees(B), by(smaller, on(peer_talk_held, "2025-05-02"))])
    link = identities_linked.replaced(participant_id=smaller, other_id=A)
    linked = [link, link.replaced(participant_id=A, other_id=smaller)]
    steps: list[list[Touchpoint]] = [
        [named("t", B)],
        [withdraws(A, "2025-06-05")],
        [agrees(A, "2025-06-07")],
        [end("t", "2025-06-09")],
        [*linked],
    ]
    asked = person("/network?as_of=2025-06-10", B)
    tags = [client.get(asked).headers["ETag"]]
    for step in steps:
        majung.journal.record(step)
        response = client.get(asked, headers={"If-None-Match": tags[-1]})
        assert response.status_code == 200, step[0].stored_as
        tags.append(response.headers["ETag"])
        assert client.get(asked, headers={"If-None-Match": tags[-1]}).status_code == 304
    assert (tags[2], tags[3]) == (tags[0], tags[1]), "what is seen is as before"


def test_the_tag_of_the_one_who_told_changes_with_the_others_consent(client: TestClient, majung: Majung) -> None:
    majung.journal.record([agrees(A), named("t", B)])
    asked = person("/network?as_of=2025-06-10", A)
    known = {"If-None-Match": client.get(asked).headers["ETag"]}
    majung.journal.record([agrees(B, scope="health")])
    assert client.get(asked, headers=known).status_code == 304, "that is no consent to be seen"
    majung.journal.record([agrees(B)])
    response = client.get(asked, headers=known)
    assert response.json()["ties"][0]["alter"] == str(B)
    majung.journal.record([withdraws(B, "2025-06-09")])
    assert client.get(asked, headers={"If-None-Match": response.headers["ETag"]}).json()["ties"][0]["alter"] is None


def test_consent_that_lapses_changes_the_tag_of_the_next_day(client: TestClient, majung: Majung) -> None:
    majung.journal.record([agrees(A, valid_until="2025-06-10"), agrees(B), named("t", B)])
    days = [client.get(person("/network", B), params={"as_of": day}) for day in ("2025-06-10", "2025-06-11")]
    assert [len(day.json()["ties"]) for day in days] == [1, 0]
    assert days[0].headers["ETag"] != days[1].headers["ETag"]
