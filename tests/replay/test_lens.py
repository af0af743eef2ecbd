"""How far an event is read on a long walk: what was asked for of its type, and the rest when it is asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.events import CallReceived, RiskAssessed
from domain.touchpoint import REST, Touchpoint
from replay.database import Database
from replay.lens import Lens
from replay.mapper import UndecodableEvent, UnknownStoredName, encode
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
    return lens.event(row, vault.for_opening([row[0]]), UUID(bytes=row[0]))


def read_so_far(event: Touchpoint) -> set[str]:
    columns = {"participant_id", "occurred_at", "source", "actor", "event_id", REST}
    return event.__dict__.keys() - columns


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=lambda event: event.stored_as)
def test_whatever_is_asked_for_is_what_was_recorded(event: Touchpoint, vault: Vault) -> None:
    lens, row = Lens(vault), stored(event, vault)

    for _ in ("asked for one by one", "read with the event"):
        found = seen(lens, row, vault)
        assert type(found) is type(event)
        assert found.event_id == event.event_id
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
    assert read_so_far(lens.event(row, vault.for_opening([row[0]]), PARTICIPANT)) == {"level"}
    with pytest.raises(KeyMissing):
        lens.event(row, {}, PARTICIPANT)


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
    with pytest.raises(UndecodableEvent, match="outcome"):
        getattr(seen(lens, broken, vault), "outcome")  # noqa: B009

    lens.adjusted()
    with pytest.raises(UndecodableEvent, match="outcome"):
        seen(lens, broken, vault)
