"""How far an event is read on a long walk: what was asked for of its type, and the rest when it is asked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.clock import EPOCH
from domain.codes import AgeBand, CallOutcome
from domain.events import CallReceived, RiskAssessed
from domain.touchpoint import REST, Touchpoint
from domain.versions import present
from replay.database import Database
from replay.lens import Lens
from replay.mapper import EventUnreadable, UndecodableEvent, UnknownStoredName, encode
from replay.schema import upgrade
from replay.vault import KeyMissing, Vault
from tests.conftest import MASTER_KEY
from tests.examples import EXAMPLES, PARTICIPANT, call_received, risk_assessed


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    database = Database(f"sqlite:///{tmp_path / 'majung.db'}")
    upgrade(database, database)
    yield Vault(database, MASTER_KEY)
    database.close()


def stored(event: Touchpoint, vault: Vault) -> tuple[Any, ...]:
    """The event as a row of the journal."""
    person = event.participant_id.bytes
    return (*encode(event, vault.for_sealing([person]))[:8], 0)


def seen(lens: Lens, row: tuple[Any, ...], vault: Vault) -> Touchpoint:
    [told] = lens.stream([row], vault.for_opening([row[0]]), UUID(bytes=row[0]), {0: EPOCH})
    return told.event


def read_so_far(event: Touchpoint) -> set[str]:
    columns = {"participant_id", "occurred_at", "source", "actor", "event_id", REST}
    return event.__dict__.keys() - columns


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=lambda event: event.stored_as)
def test_whatever_is_asked_for_is_what_was_recorded(event: Touchpoint, vault: Vault) -> None:
    lens, row = Lens(vault), stored(event, vault)
    event = present(event)

    for _ in ("asked for one by one", "read with the event"):
        found = seen(lens, row, vault)
        assert type(found) is type(event)
        assert (found.event_id, found.stored_as) == (event.event_id, event.stored_as)
        assert {name: getattr(found, name) for name in type(event).model_fields} == {
            name: getattr(event, name) for name in type(event).model_fields
        }
        lens.adjusted()


def test_what_nobody_asked_for_stays_in_storage(vault: Vault) -> None:
    lens, row = Lens(vault), stored(call_received, vault)

    assert read_so_far(seen(lens, row, vault)) == set()


def test_what_was_asked_for_once_is_read_with_every_event_of_the_type_from_then_on(vault: Vault) -> None:
    lens, row = Lens(vault), stored(call_received, vault)
    call = seen(lens, row, vault)
    assert isinstance(call, CallReceived)
    assert call.level == call_received.level

    assert "call-received.v1" not in lens.adjusted()
    assert read_so_far(seen(lens, row, vault)) == {"level"}


def test_what_is_sealed_is_opened_only_where_it_was_asked_for(vault: Vault) -> None:
    lens, row = Lens(vault), stored(risk_assessed, vault)
    assessed = seen(lens, row, vault)
    assert isinstance(assessed, RiskAssessed)
    assert assessed.level == risk_assessed.level

    assert "risk-assessed.v1" in lens.adjusted()
    assert read_so_far(seen(lens, row, vault)) == {"level"}
    with pytest.raises(KeyMissing):
        lens.stream([row], {}, PARTICIPANT, {0: EPOCH})


def test_a_field_that_no_type_has_is_missing_from_an_event_read_in_part_too(vault: Vault) -> None:
    found = seen(Lens(vault), stored(call_received, vault), vault)

    with pytest.raises(AttributeError, match="colour"):
        getattr(found, "colour")  # noqa: B009


def test_a_name_of_a_newer_release_is_told(vault: Vault) -> None:
    row = stored(call_received, vault)

    with pytest.raises(UnknownStoredName, match=r"call-received\.v9"):
        seen(Lens(vault), (*row[:2], "call-received.v9", *row[3:]), vault)


def test_a_field_that_does_not_read_is_told_with_its_place_when_it_is_asked_for_and_ever_after(vault: Vault) -> None:
    lens, row = Lens(vault), stored(call_received, vault)
    broken = (*row[:6], row[6].replace(b'"answered"', b'"shouted"'), *row[7:])
    assert broken != row
    with pytest.raises(EventUnreadable, match="outcome"):
        getattr(seen(lens, broken, vault), "outcome")  # noqa: B009

    lens.adjusted()
    with pytest.raises(UndecodableEvent, match="outcome"):
        seen(lens, broken, vault)


def outcomes(lens: Lens, rows: Sequence[tuple[Any, ...]], vault: Vault) -> list[tuple[str, CallOutcome, AgeBand]]:
    calls = [seen(lens, row, vault) for row in rows]
    assert all(isinstance(call, CallReceived) for call in calls)
    return [(call.source_id, call.outcome, call.age_band) for call in calls]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "source_id", ["1", "", 'a","', 'a"', "a\\", '\\","precision":"day', "전화", '{"source_id":"1","']
)
def test_what_states_have_in_common_is_not_taken_for_what_they_have_not(source_id: str, vault: Vault) -> None:
    told = [
        call_received.replaced(source_id=source_id + end, outcome=outcome, age_band=age_band)
        for age_band in AgeBand
        for outcome in CallOutcome
        for end in ("1", "2")
    ]
    lens, rows = Lens(vault), [stored(event, vault) for event in told]

    for _ in ("asked for one by one", "read for the first time", "known"):
        assert outcomes(lens, rows, vault) == [(event.source_id, event.outcome, event.age_band) for event in told]
        lens.adjusted()


def test_more_states_than_are_kept_are_read_as_well(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replay.lens._MOST_STATES", 2)
    told = [call_received.replaced(source_id=str(age_band), age_band=age_band) for age_band in AgeBand]
    lens, rows = Lens(vault), [stored(event, vault) for event in told]

    for _ in ("asked for one by one", "kept until they are too many", "read one by one"):
        assert [age_band for _, _, age_band in outcomes(lens, rows, vault)] == list(AgeBand)
        lens.adjusted()


def test_one_event_that_is_asked_for_more_does_not_tell_the_next_of_it(vault: Vault) -> None:
    lens, row = Lens(vault), stored(call_received, vault)
    assert outcomes(lens, [row], vault)
    lens.adjusted()
    first = seen(lens, row, vault)
    assert getattr(first, "level") == call_received.level  # noqa: B009

    assert "level" not in read_so_far(seen(lens, row, vault))
