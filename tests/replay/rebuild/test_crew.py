"""Several processes fold one log: the same rows, whoever of them is killed."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from replay.database import Database
from replay.journal import Journal
from replay.rebuild import Crew, Opened, crew, rebuild
from replay.rebuild.parts import Done
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.conftest import PEOPLE


@contextmanager
def opened(url: str, vault: Path) -> Iterator[Opened]:
    """The same journal in a process that folds."""
    with ExitStack() as closing:
        database, keys = Database(url), Database(f"sqlite:///{vault}")
        closing.callback(database.close)
        closing.callback(keys.close)
        yield Opened(Journal(database, Vault(keys, MASTER_KEY)), MODELS)


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Crew:
    return Crew(2, partial(opened, database_url, tmp_path / "vault.db"))


def test_two_processes_give_the_rows_of_one_which_folds_until_the_other_has_started(
    populated: Journal, digests: Callable[[], dict[str, str]], two: Crew
) -> None:
    populated.record(linked(PEOPLE[3], PEOPLE[90], "far apart"))
    rebuild(populated, MODELS)
    alone = digests()
    told: list[Done] = []
    done = rebuild(populated, MODELS, engine=two, compare=True, told=told.append)
    assert (done.events, done.people) == (302, len(PEOPLE) - 1)
    assert {each.people.differing for each in done.compared} == {0}
    assert digests() == alone
    assert told[0].worker == str(os.getpid())
    assert len({part.worker for part in told}) == 2


def test_a_process_that_is_killed_is_followed_by_another(
    populated: Journal, digests: Callable[[], dict[str, str]], two: Crew
) -> None:
    live = digests()
    killed: list[int] = []

    def kill_once(part: Done) -> None:
        if not killed and int(part.worker) != os.getpid():
            killed.append(int(part.worker))
            os.kill(killed[0], signal.SIGKILL)

    assert rebuild(populated, MODELS, engine=two, told=kill_once).people == len(PEOPLE)
    assert killed
    assert digests() == live


def end_at_once() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def hopeless() -> Iterator[Opened]:
    """A process that is ended before it can fold."""
    end_at_once()
    yield None  # type: ignore[misc]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_processes_that_never_live_leave_all_to_this_one_and_are_told(
    populated: Journal,
    digests: Callable[[], dict[str, str]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crew, "LOST_AT_MOST", 1)
    live = digests()
    done = rebuild(populated, MODELS, engine=Crew(2, hopeless))
    assert (done.switched, done.people) == (True, len(PEOPLE))
    assert "enough memory" in caplog.text
    assert digests() == live
