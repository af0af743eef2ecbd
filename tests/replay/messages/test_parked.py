"""A parked message: listed without its content, opened whole, decided once, and without its bytes after 30 days."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, update

from replay.journal import Journal
from replay.messages import parked
from replay.messages.parked import (
    KEPT,
    AlreadyDecided,
    ParkedBytesGone,
    ParkedFull,
    ParkedUnknown,
    RawMessage,
    Room,
    ToPark,
)
from replay.tables import parked as table
from replay.vault import SealBroken

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
RAW = RawMessage(b"\xff key", b'{"name": "Hong Gildong"', [("ce_id", b"7"), ("ce_id", None)])
PERSON = UUID(int=1, version=4)


def park(journal: Journal, code: str = "unreadable", raw: RawMessage = RAW) -> int:
    with journal.database.write() as connection:
        parked.park(connection, journal.vault, [ToPark("t", 1, 42, code, "not JSON", raw, PERSON)], NOW)
        return parked.list_parked(connection, None)[-1].id


@pytest.mark.parametrize(
    "raw", [RAW, RawMessage(None, None), RawMessage(b"", b"", [("", b"")]), RawMessage(b"", b"", [("\udcff", b"")])]
)
def test_it_opens_as_it_came(journal: Journal, raw: RawMessage) -> None:
    number = park(journal, raw=raw)
    with journal.database.read() as connection:
        assert parked.open_raw(connection, journal.vault, number, NOW) == RawMessage(
            raw.key, raw.value, list(raw.headers)
        )


def test_the_list_says_where_it_stood_and_why_and_nothing_of_what_it_holds(journal: Journal) -> None:
    number = park(journal)
    with journal.database.read() as connection:
        [found] = parked.list_parked(connection)
        sealed = connection.scalar(select(table.c.sealed)) or b""
    assert found == (number, "parked", "unreadable", "not JSON", NOW, "t", 1, 42, PERSON, None, None, None)
    assert b"Hong" not in sealed


def test_the_list_chooses_by_state_by_code_and_so_many(journal: Journal) -> None:
    first, second, third = park(journal), park(journal, "conflict"), park(journal, "conflict")
    with journal.database.write() as connection:
        parked.retried(connection, second, "worker-01", NOW)

    def numbers(*choice: object) -> list[int]:
        with journal.database.read() as connection:
            return [found.id for found in parked.list_parked(connection, *choice)]  # type: ignore[arg-type]

    assert numbers() == [first, third]
    assert numbers(None) == [first, second, third]
    assert numbers("parked", "conflict") == [third]
    assert numbers(None, None, 2) == [first, second]


def test_words_that_were_changed_beside_the_sealed_bytes_show(journal: Journal) -> None:
    number = park(journal)
    with journal.database.write() as connection:
        connection.execute(update(table).values(code="conflict"))
    with journal.database.read() as connection, pytest.raises(SealBroken):
        parked.open_raw(connection, journal.vault, number, NOW)


def test_who_discarded_it_and_why_is_kept_and_the_reason_is_sealed(journal: Journal) -> None:
    number = park(journal)
    with journal.database.write() as connection:
        parked.discard(connection, journal.vault, number, reason="a test of Hong's", by="worker-01", now=NOW)
    with journal.database.read() as connection:
        found = parked.find_parked(connection, number)
        assert (found.state, found.decided_by, found.decided_at) == ("discarded", "worker-01", NOW)
        assert parked.open_reason(connection, journal.vault, number) == "a test of Hong's"
        assert b"Hong" not in (connection.scalar(select(table.c.why)) or b"")


def test_it_is_decided_once(journal: Journal) -> None:
    number = park(journal)
    with journal.database.write() as connection:
        parked.retried(connection, number, "worker-01", NOW)
    with journal.database.write() as connection, pytest.raises(AlreadyDecided, match="retried"):
        parked.discard(connection, journal.vault, number, reason="late", by="worker-02", now=NOW)
    with journal.database.read() as connection:
        assert parked.find_parked(connection, number).decided_by == "worker-01"


def test_there_is_room_again_as_soon_as_enough_of_what_waits_is_decided(journal: Journal) -> None:
    room, message = Room(1), ToPark("t", 1, 42, "unreadable", "not JSON", RAW, PERSON)
    with journal.database.write() as connection:
        room.measure(connection)
        parked.park(connection, journal.vault, [message], NOW, room)
        room.measure(connection)
        parked.park(connection, journal.vault, [], NOW, room)
        with pytest.raises(ParkedFull, match="MAJUNG_KAFKA_PARKED_MIB") as full:
            parked.park(connection, journal.vault, [message], NOW, room)
        assert full.value.partitions == {("t", 1)}
        [found] = parked.list_parked(connection)
        parked.retried(connection, found.id, "worker-01", NOW)
        room.measure(connection)
        parked.park(connection, journal.vault, [message], NOW, room)
        assert [one.id > found.id for one in parked.list_parked(connection)] == [True]


def test_an_unknown_number_is_told(journal: Journal) -> None:
    with journal.database.write() as connection:
        for ask in (parked.find_parked, parked.ensure_undecided):
            with pytest.raises(ParkedUnknown, match="majung parked list"):
                ask(connection, 7)
        with pytest.raises(ParkedUnknown):
            parked.retried(connection, 7, "worker-01", NOW)


def test_its_bytes_are_kept_for_thirty_days_and_the_row_for_good(journal: Journal) -> None:
    number = park(journal)
    with journal.database.write() as connection:
        assert parked.remove_expired(connection, NOW + KEPT * 0.99) == 0
        parked.open_raw(connection, journal.vault, number, NOW + KEPT * 0.99)
        with pytest.raises(ParkedBytesGone, match="30 days"):
            parked.open_raw(connection, journal.vault, number, NOW + KEPT)
        assert parked.remove_expired(connection, NOW + KEPT) == 1
        assert parked.remove_expired(connection, NOW + KEPT) == 0
        assert parked.find_parked(connection, number).code == "unreadable"
