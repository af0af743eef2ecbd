"""The bytes of parked messages go after 30 days, whichever part of the work a process does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api import wiring
from api.expiring import AGAIN_SECONDS, EVERY_SECONDS, keep_removing
from api.http import create_app
from api.settings import Part
from api.wiring import Majung
from api.working import PARTS, work
from replay.messages.parked import KEPT, RawMessage, ToPark, park
from replay.tables import parked
from tests.api.http.requests import settings_in


@pytest.fixture
def majung(database_url: str, tmp_path: Path) -> Iterator[Majung]:
    """A Majung that once parked two messages: one an hour too long ago, and one not."""
    settings = settings_in(tmp_path, database_url)
    wiring.upgrade(settings)
    with wiring.start(settings) as majung:
        for offset, age in enumerate((KEPT + timedelta(hours=1), KEPT - timedelta(hours=1))):
            told = ToPark("in", 0, offset, "unreadable", "no JSON", RawMessage(b"key", b"{"))
            with majung.database.write() as connection:
                park(connection, majung.journal.vault, [told], majung.journal.clock() - age)
        yield majung


def kept(majung: Majung) -> list[int]:
    """The offsets of the messages whose bytes are there."""
    with majung.database.read() as connection:
        return list(connection.scalars(select(parked.c.offset).where(parked.c.sealed.is_not(None))))


class Counted(Event):
    """Is set when it was waited for so often, and keeps for how long each time."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return len(self.waits) == self._times


@pytest.mark.parametrize("part", ["project", "publish"])
def test_whoever_works_removes_what_has_expired(majung: Majung, monkeypatch: pytest.MonkeyPatch, part: Part) -> None:
    monkeypatch.setitem(PARTS, part, lambda _: Event.wait)
    stop = Event()
    stop.set()
    work(replace(majung, settings=majung.settings.model_copy(update={"work": part})), stop)
    assert kept(majung) == [1]


@pytest.mark.parametrize("works", [True, False])
def test_a_server_that_works_removes_what_has_expired(majung: Majung, works: bool) -> None:
    with TestClient(create_app(majung, work=works)):
        pass
    assert kept(majung) == ([1] if works else [0, 1])


def test_it_is_looked_for_every_hour(majung: Majung) -> None:
    stop = Counted(2)
    keep_removing(majung.journal, stop)
    assert stop.waits == [EVERY_SECONDS, EVERY_SECONDS]


def test_what_could_not_be_removed_is_tried_again_soon(majung: Majung, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([OSError("no disk")])
    clock = majung.journal.clock

    def fail_once() -> object:
        for failure in failures:
            raise failure
        return clock()

    monkeypatch.setattr(majung.journal, "clock", fail_once)
    stop = Counted(2)
    keep_removing(majung.journal, stop)
    assert stop.waits == [AGAIN_SECONDS, EVERY_SECONDS]
    assert kept(majung) == [1]
