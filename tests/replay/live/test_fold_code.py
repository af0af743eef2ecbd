"""The code that rows depend on: two processes of the same one fold the same rows."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import FrameType

from replay.journal import Journal
from replay.live import generations
from replay.live.fold_code import sources
from replay.live.worker import Worker
from tests.conftest import MODELS
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, measure_taken, store_visited
from tests.replay.live.test_worker import about, linked

REPLAY = Path(str(files("replay")))
BESIDE = {"append.py", "database.py", "meanwhile.py", "messages/published_journeys.py", "recorder.py"}
"""Which tell whose shard is which, run statements, wait for these, mark who is to be published, and time the marks."""


@contextmanager
def running(seen: set[str]) -> Iterator[None]:
    """Notes every module of replay/ of which any function is called in this thread."""

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(REPLAY):
            seen.add(path.relative_to(REPLAY).as_posix())

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def test_it_covers_every_module_that_a_history_and_its_rows_come_through(tracked: Journal) -> None:
    tracked.record([call_received, measure_taken, *about(OTHER_PARTICIPANT, store_visited)])
    tracked.record(linked(PARTICIPANT, OTHER_PARTICIPANT, "pair"))
    worker, seen = Worker(tracked, MODELS), set[str]()
    with running(seen), tracked.database.write() as connection:
        worker.refold(connection, generations.live(connection, MODELS), {PARTICIPANT})
    own = {name.removeprefix("replay/") for name, _ in sources() if name.startswith("replay/")}
    assert {"lens.py", "reading.py", "mapper.py", "identities.py"} <= seen
    assert seen - BESIDE <= own
