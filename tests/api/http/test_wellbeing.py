"""GET /v1/people/{id}/wellbeing: change since the baseline and occasions, by the rules and as of a day."""

from typing import Any

from fastapi.testclient import TestClient

from api.wiring import Majung
from tests.api.http.requests import is_problem, person
from tests.domain.journey.stories import healing, ucla
from tests.examples import PARTICIPANT, measure_taken, state_observed
from tests.given import on

BASELINE, LATER = ucla(8, "2025-06-03"), ucla(5, "2025-09-01")
STORY = (*healing, BASELINE, LATER)


def get(client: TestClient, **parameters: str) -> dict[str, Any]:
    response = client.get(person("/wellbeing", PARTICIPANT), params=parameters)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_series_has_baseline_latest_change_and_the_figures_it_rests_on(client: TestClient, majung: Majung) -> None:
    majung.journal.record(STORY)
    told = get(client, as_of="2026-01-31")
    assert (told["rule_version"], told["healing"]["rule"], told["healing"]["episode"]) == ("1", "H2", 1)
    [series] = told["series"]
    since = series["since_baseline"]
    assert (since["baseline"]["score"], since["baseline"]["triggered_entry"]) == (8.0, False)
    assert (since["baseline"]["event_id"], since["latest"]["event_id"]) == (str(BASELINE.event_id), str(LATER.event_id))
    assert (since["change"], since["reliable"], since["important"], since["not_compared"]) == (
        -3.0,
        "improved",
        None,
        None,
    )
    assert round(since["reliable_change_index"], 3) == -2.689
    assert (series["reliability"]["reliability"], series["reliability"]["sd"]) == (0.81, 1.81)
    assert round(series["reliability"]["beyond"], 3) == 2.187


def test_occasions_have_their_windows_and_what_became_of_them(client: TestClient, majung: Majung) -> None:
    majung.journal.record(STORY)
    [series] = get(client, as_of="2026-01-31")["series"]
    assert [(one["months"], one["state"], one["score"]) for one in series["occasions"]] == [
        (0, "measured", 8.0),
        (3, "measured", 5.0),
        (6, "missed", None),
        (12, "not_yet", None),
        (24, "not_yet", None),
    ]
    third = series["occasions"][1]
    assert (third["due_on"], third["first_day"], third["last_day"]) == ("2025-09-01", "2025-08-02", "2025-10-01")
    assert third["event_id"] == str(LATER.event_id)


def test_without_an_entry_there_is_no_baseline_and_nothing_is_due(client: TestClient, majung: Majung) -> None:
    majung.journal.record([on(measure_taken.replaced(instrument="HOUSE-SCALE"), "2025-06-01"), measure_taken])
    told = get(client)
    assert told["healing"] is None
    house, ucla_3 = told["series"]
    assert (house["since_baseline"]["latest"], house["reliability"], house["occasions"]) == (None, None, [])
    assert ucla_3["since_baseline"]["not_compared"] == "has not entered healing in this episode"


def test_other_rules_and_another_day_give_another_answer_and_another_tag(client: TestClient, majung: Majung) -> None:
    majung.journal.record([*STORY, on(state_observed.replaced(state="healing"), "2025-08-20")])
    recorded = get(client, rules="as-recorded")
    assert (recorded["rule_version"], recorded["healing"]["rule"]) == ("as-recorded", "S1")
    assert recorded["series"][0]["since_baseline"]["baseline"]["score"] == 5.0
    asked = ("", "?rules=as-recorded", "?as_of=2025-10-01", "?as_of=2025-10-02")
    assert len({client.get(person(f"/wellbeing{query}")).headers["etag"] for query in asked}) == len(asked)
    is_problem(client.get(person("/wellbeing?rules=unheard-of")), 422, "invalid-parameter")
