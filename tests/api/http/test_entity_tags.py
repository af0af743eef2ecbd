"""Entity tags: an answer that still holds is not sent again, and one that does not always is."""

from datetime import UTC, datetime
from functools import partial

import pytest
from fastapi.testclient import TestClient

from api.wiring import Majung
from domain.clock import parse_moment
from tests.api.http.requests import person
from tests.examples import (
    OTHER_PARTICIPANT,
    call_received,
    identities_linked,
    identities_unlinked,
    store_visited,
)

PATHS = pytest.mark.parametrize("path", ["", "/timeline", "/journey", "/wellbeing"])


def tag_of(client: TestClient, url: str) -> str:
    return str(client.get(url).headers["etag"])


@PATHS
def test_an_answer_that_still_holds_is_not_sent_again(client: TestClient, majung: Majung, path: str) -> None:
    majung.journal.record([call_received])
    tag = tag_of(client, person(path))
    for told in (tag, f'"other", W/{tag}', "*"):
        response = client.get(person(path), headers={"If-None-Match": told})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", tag)
        assert response.headers["cache-control"] == "private, no-cache"


@PATHS
def test_a_new_event_gives_a_new_tag_and_the_new_answer(client: TestClient, majung: Majung, path: str) -> None:
    majung.journal.record([call_received])
    tag = tag_of(client, person(path))
    majung.journal.record([store_visited])
    response = client.get(person(path), headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["etag"] != tag


def test_a_past_state_of_knowledge_keeps_its_tag_for_ever(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received], now=parse_moment("2025-06-01"))
    tag = tag_of(client, person("?as_of=2025-05-31&known_at=2025-06-01"))
    majung.journal.record([store_visited])
    assert tag_of(client, person("?as_of=2025-05-31&known_at=2025-06-01")) == tag


def test_both_clocks_are_part_of_the_tag(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received])
    urls = ["", "?as_of=2025-05-31", "?known_at=2099-01-01", "?as_of=2025-05-31&known_at=2099-01-01"]
    assert len({tag_of(client, person(url)) for url in urls}) == len(urls)


def test_without_as_of_a_tag_holds_for_the_day_in_seoul(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received], now=parse_moment("2025-05-31"))
    tags = []
    for hour, minute in ((0, 0), (14, 59), (15, 0)):
        majung.journal.clock = partial(datetime, 2025, 6, 1, hour, minute, tzinfo=UTC)
        tags.append(tag_of(client, person()))
    assert tags[0] == tags[1] != tags[2]


def test_as_many_events_of_other_identities_are_not_taken_for_the_same(client: TestClient, majung: Majung) -> None:
    """An unlink takes the other's events away, and as many of one's own may follow."""
    majung.journal.record([call_received, store_visited.replaced(participant_id=OTHER_PARTICIPANT), identities_linked])
    linked = client.get(person())
    majung.journal.record([identities_unlinked])
    unlinked = client.get(person())
    assert linked.json()["version"] == unlinked.json()["version"]
    assert linked.headers["etag"] != unlinked.headers["etag"]
