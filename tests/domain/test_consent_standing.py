"""How somebody stands with each scope of consent comes from the moment that is asked about."""

from datetime import date, datetime

from hypothesis import given as supposing

from domain.clock import END_OF_TIME, parse_moment
from domain.codes import ConsentScope
from domain.consent_standing import ConsentStanding, ConsentStatus, consent_standing
from domain.touchpoint import Touchpoint
from tests.domain.follow_ups.stories import consents, history, moments, stories, withdraws
from tests.examples import call_received
from tests.given import given

GIVEN = consents("2025-06-01", "service", "callback", valid_until="2025-06-11")


def standing(day: str, scope: str, *events: Touchpoint) -> ConsentStanding:
    moment = parse_moment(day)
    found = consent_standing(given(*events).history(as_of=moment), moment)
    assert [one.scope for one in found] == list(ConsentScope)
    return next(one for one in found if one.scope == scope)


def test_who_was_never_asked_has_given_nothing() -> None:
    assert standing("2025-06-11", "service", call_received)[1:] == (ConsentStatus.NEVER_GIVEN, None, None)
    assert standing("2025-05-31", "service", GIVEN).status == ConsentStatus.NEVER_GIVEN
    assert standing("2025-06-11", "health", GIVEN).status == ConsentStatus.NEVER_GIVEN


def test_consent_is_in_force_until_its_last_day_and_has_lapsed_from_the_next() -> None:
    last = date(2025, 6, 11)
    assert standing("2025-06-11", "service", GIVEN)[1:] == (ConsentStatus.IN_FORCE, date(2025, 6, 1), last)
    assert standing("2025-06-12T00:00:00+09:00", "service", GIVEN)[1:] == (
        ConsentStatus.LAPSED,
        date(2025, 6, 12),
        None,
    )


def test_a_withdrawal_has_its_own_day_and_outlasts_the_lapse() -> None:
    withdrawn = withdraws("2025-06-05", "service")
    for day in ("2025-06-05", "2026-01-01"):
        found = standing(day, "service", GIVEN, withdrawn)
        assert found[1:] == (ConsentStatus.WITHDRAWN, date(2025, 6, 5), None)
    assert standing("2025-06-05", "callback", GIVEN, withdrawn).status == ConsentStatus.IN_FORCE


def test_consent_without_a_last_day_is_in_force_to_the_end_of_time() -> None:
    for_ever = consents("2025-06-01", "service")
    found = consent_standing(given(for_ever).history(), END_OF_TIME)
    assert found[0][1:] == (ConsentStatus.IN_FORCE, date(2025, 6, 1), None)


@supposing(stories(), moments())
def test_every_scope_stands_somehow_at_every_moment(events: list[Touchpoint], moment: datetime) -> None:
    for one in consent_standing(history(events, moment), moment):
        assert (one.since is None) == (one.status == ConsentStatus.NEVER_GIVEN)
        assert one.until is None or one.status == ConsentStatus.IN_FORCE
