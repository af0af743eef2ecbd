"""A replay that reads the archive and not the journal: the same rows, wherever the archive ends."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from domain.events import IdentitiesUnlinked
from replay.archive.export import export_journal
from replay.archive.local_copy import local_copy
from replay.archive.refusals import ArchiveTooShort, OtherJournal
from replay.database import Database
from replay.journal import Journal
from replay.rebuild import Crew, Opened, rebuild
from replay.rebuild.parts import Done
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS
from tests.examples import call_received, store_visited
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.conftest import PEOPLE
from tests.replay.rebuild.test_crew import opened
from tests.replay.rebuild.test_resuming import Killed, after

Digests = Callable[[], dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def export(journal: Journal, folder: Path) -> int:
    """Archive what is new; returns how many events the archive holds then."""
    return export_journal(journal.database, folder, clock=journal.clock).manifest.rows


def test_what_is_archived_is_read_from_there_and_what_came_since_is_caught_up(
    populated: Journal, digests: Digests, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    populated.record(linked(PEOPLE[1], PEOPLE[99], "before"))
    populated.record(linked(PEOPLE[2], PEOPLE[98], "before, and parted since"))
    archived_events = export(populated, folder)
    populated.record([store_visited.replaced(participant_id=PEOPLE[0], source_id="since")])
    populated.record(linked(PEOPLE[3], PEOPLE[97], "since"))
    populated.record(linked(PEOPLE[2], PEOPLE[98], "before, and parted since", IdentitiesUnlinked))
    rebuild(populated, MODELS)
    expected = digests()

    def refused(*_: object) -> Iterator[object]:
        raise AssertionError("the journal was read")

    with local_copy(populated, folder) as archived, monkeypatch.context() as patch:
        patch.setattr(populated.reader, "range", refused)
        done = rebuild(populated, MODELS, archived=archived, compare=True)

    assert done.events == archived_events == 304
    assert {each.people.differing for each in done.compared} == {0}
    assert digests() == expected


@contextmanager
def opened_with_copy(url: str, vault: Path, copy: str) -> Iterator[Opened]:
    """The journal and what is archived of it, in a process that folds."""
    with opened(url, vault) as found, ExitStack() as closing:
        database, keys = Database(copy), Database(f"sqlite:///{vault}")
        closing.callback(database.close)
        closing.callback(keys.close)
        yield found._replace(archived=Journal(database, Vault(keys, MASTER_KEY)))


def test_several_processes_read_one_copy(
    populated: Journal, digests: Digests, folder: Path, database_url: str, tmp_path: Path
) -> None:
    live = digests()
    export(populated, folder)
    workers: list[Done] = []
    with local_copy(populated, folder) as archived:
        assert archived.copy is not None
        opening = partial(opened_with_copy, database_url, tmp_path / "vault.db", archived.copy.database.url)
        done = rebuild(populated, MODELS, engine=Crew(2, opening), archived=archived, told=workers.append)
    assert (done.events, done.people) == (300, len(PEOPLE))
    assert {each.worker for each in workers} > {str(os.getpid())}
    assert digests() == live


def test_an_interrupted_replay_that_reaches_farther_than_the_archive_goes_on_without_it(
    populated: Journal, digests: Digests, folder: Path
) -> None:
    export(populated, folder)
    populated.record([call_received.replaced(participant_id=PEOPLE[0], source_id="since")])
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    with local_copy(populated, folder) as archived, pytest.raises(ArchiveTooShort, match="export journal"):
        rebuild(populated, MODELS, archived=archived)
    assert rebuild(populated, MODELS).events == 301

    with local_copy(populated, folder) as archived, pytest.raises(Killed):
        rebuild(populated, MODELS, archived=archived, told=after(4))
    begun_from_archive = rebuild(populated, MODELS, compare=True)
    assert begun_from_archive.events == 300
    assert {each.people.differing for each in begun_from_archive.compared} == {0}


def test_the_archive_of_another_journal_is_refused(populated: Journal, folder: Path) -> None:
    export(populated, folder)
    with local_copy(populated, folder) as archived:
        assert archived.copy is not None
        archived.copy.record([call_received.replaced(participant_id=PEOPLE[5], source_id="only there")])
        export(archived.copy, folder)
    with pytest.raises(OtherJournal), local_copy(populated, folder):
        pass


def test_a_copy_is_gone_when_it_is_no_longer_needed(populated: Journal, folder: Path) -> None:
    export(populated, folder)
    with local_copy(populated, folder) as archived:
        assert archived.copy is not None
        path = archived.copy.database.path
        assert path is not None
        assert path.stat().st_size
        assert path.parent.stat().st_mode & 0o77 == 0
    assert not path.parent.exists()
