"""Readers of a stream: no more than a server bears, looked for only while there are some, and kept alive."""

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest

from api.http import streams
from api.http.problems import Problem
from api.http.streams import Readers

PATIENCE_SECONDS = 30


class Counting:
    """Counts while somebody reads; a step at a time."""

    def __init__(self) -> None:
        self.taken = 0
        self.step = Event()
        self.asleep = Event()

    def __call__(self, stop: Event, wanted: Event) -> Iterator[int]:
        while True:
            if not wanted.is_set():
                self.asleep.set()
            wanted.wait()
            if stop.is_set():
                return
            self.taken += 1
            yield self.taken
            self.step.wait(PATIENCE_SECONDS)
            self.step.clear()


def test_nobody_looks_before_there_is_a_reader_nor_after_the_last_has_left() -> None:
    looks = Counting()
    readers = Readers("numbers", looks, at_most=1)

    async def run() -> None:
        assert looks.taken == 0
        with readers.reader() as reader:
            assert await reader.next_look(PATIENCE_SECONDS) == 1
        looks.step.set()
        assert await asyncio.to_thread(looks.asleep.wait, PATIENCE_SECONDS)
        assert looks.taken == 1
        with readers.reader() as reader:
            # At first what was seen last; who cares compares the two.
            while await reader.next_look(PATIENCE_SECONDS) != 2:
                pass
        looks.step.set()
        await readers.stop()

    asyncio.run(run())


def test_more_readers_than_a_server_bears_are_told_to_come_again() -> None:
    readers = Readers("numbers", Counting(), at_most=2)

    async def run() -> None:
        with readers.reader():
            readers.ensure_room()
            with readers.reader():
                with pytest.raises(Problem) as caught:
                    readers.ensure_room()
                assert caught.value.slug == "too-many-readers"
                assert caught.value.headers
            readers.ensure_room()
        readers.close()

    asyncio.run(run())


def test_a_stream_is_kept_alive_also_while_looks_bring_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.01)

    def always(stop: Event, wanted: Event) -> Iterator[int]:
        while not stop.is_set():
            yield 0

    readers = Readers("numbers", always, at_most=1)

    async def run() -> list[str | bytes | memoryview]:
        response = readers.response(b"first", lambda look: b"")
        found = []
        async for told in response.body_iterator:
            found.append(told)
            if len(found) == 3:
                readers.close()
        await readers.stop()
        return found

    assert asyncio.run(run())[:3] == [b"first", b": nothing new\n\n", b": nothing new\n\n"]


def test_a_look_that_fails_is_logged_by_its_kind_and_taken_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(streams, "RETRY_SECONDS", 0)
    failing = iter([True, False])

    def looks(stop: Event, wanted: Event) -> Iterator[int]:
        if next(failing):
            raise ValueError("000-0000-0000")
        yield 1
        stop.wait(PATIENCE_SECONDS)

    readers = Readers("numbers", looks, at_most=1)

    async def run() -> None:
        with readers.reader() as reader:
            assert await reader.next_look(PATIENCE_SECONDS) == 1
        await readers.stop()

    asyncio.run(run())
    [record] = caplog.records
    assert (record.name, record.error) == ("majung.numbers", "ValueError")  # type: ignore[attr-defined]
    assert "000-0000-0000" not in caplog.text
