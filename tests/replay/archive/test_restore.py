"""A journal rebuilt from an archive alone is the same journal, on either database; or it is not begun at all."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from sqlalchemy import update

from replay.archive.export import export_journal
from replay.archive.manifest import read_manifest
from replay.archive.refusals import (
    ArchiveDamaged,
    ArchiveUnreadable,
    JournalNotEmpty,
    NoArchive,
    RestoreFailed,
    ShardsDiffer,
    VaultOfAnotherJournal,
)
from replay.archive.restore import restore_journal
from replay.archive.verify import compare_with_journal, verify_archive
from replay.commands.linking import link
from replay.journal import Journal
from replay.rebuild import rebuild
from replay.schema import SchemaTooNew
from replay.vault import MasterKeyUnusable, Vault, keys
from tests.conftest import MASTER_KEY, MODELS
from tests.examples import call_received, store_visited
from tests.given import on
from tests.replay.archive.conftest import Open, digests, stands, tell
from tests.replay.archive.killed import killed
from tests.replay.linking import A, B, about

KINDS = ("sqlite", "postgresql")


def archive(journal: Journal, folder: Path) -> None:
    export_journal(journal.database, folder, clock=journal.clock, file_rows=200)


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_a_restored_journal_is_the_same_in_every_column_and_in_all_that_is_folded_from_it(
    open_journal: Open, folder: Path, source: str, target: str
) -> None:
    """Two linked people on different shards among them, and corrected, voided and sealed events."""
    first = open_journal(source)
    tell(first)
    first.record([*about(A, call_received), *about(B, store_visited)])
    link(first, A, B, reason="the same voice", actor="worker-07", now=first.clock())
    archive(first, folder)
    second = open_journal(target)
    assert restore_journal(second, folder).rows == sum(first.head())
    assert stands(second) == stands(first)
    assert compare_with_journal(second.database, folder) == []
    for journal in (first, second):
        rebuild(journal, MODELS)
    assert digests(second) == digests(first)


@pytest.mark.parametrize("target", KINDS)
def test_a_restored_journal_goes_on_where_the_archived_one_stood(open_journal: Open, folder: Path, target: str) -> None:
    first, second = open_journal(shards=1), open_journal(target, shards=1)
    told = tell(first)
    archive(first, folder)
    restore_journal(second, folder)
    assert {outcome.status for outcome in second.record([call_received])} <= {"recorded", "duplicate"}
    [outcome] = second.record([on(call_received, "2026-03-03")])
    assert outcome.position == second.head()[0] > told
    [(_, _, recorded_at)] = stands(second)[1]
    assert recorded_at >= stands(first)[1][0].recorded_at
    archive(second, folder)
    assert verify_archive(folder) == []
    assert compare_with_journal(second.database, folder) == []


def test_a_fact_told_again_after_a_restore_is_a_duplicate(open_journal: Open, folder: Path) -> None:
    first, second = open_journal(), open_journal()
    facts = [call_received.replaced(note="long evenings"), store_visited]
    first.record(facts)
    archive(first, folder)
    restore_journal(second, folder)
    assert [outcome.status for outcome in second.record(facts)] == ["duplicate", "duplicate"]
    [conflict] = second.record([facts[0].replaced(note="short evenings")])
    assert (conflict.status, conflict.differing) == ("conflict", ("note",))


def test_an_archive_of_nothing_restores_to_nothing(open_journal: Open, folder: Path) -> None:
    first, second = open_journal(), open_journal()
    archive(first, folder)
    assert restore_journal(second, folder).rows == 0
    assert stands(second) == stands(first)


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("at", ["0.2", "0.7", "1"])
def test_a_killed_restore_leaves_the_journal_empty_and_may_be_run_again(
    open_journal: Open, folder: Path, target: str, at: str
) -> None:
    """It is killed while it writes, while it reads back, and just before it commits."""
    first, second = open_journal(), open_journal(target)
    tell(first, 100)
    archive(first, folder)
    empty = stands(second)
    killed("restore", second, folder, at)
    assert stands(second) == empty
    restore_journal(second, folder)
    assert stands(second) == stands(first)


def test_a_journal_that_holds_anything_is_refused(open_journal: Open, folder: Path) -> None:
    first, second = open_journal(), open_journal()
    tell(first, 50)
    archive(first, folder)
    second.record([call_received])
    before = stands(second)
    with pytest.raises(JournalNotEmpty, match=r"1 event\(s\)"):
        restore_journal(second, folder)
    with pytest.raises(JournalNotEmpty):
        restore_journal(first, folder)
    assert stands(second) == before


def test_another_number_of_shards_is_refused(open_journal: Open, folder: Path) -> None:
    first = open_journal()
    archive(first, folder)
    with pytest.raises(ShardsDiffer, match="--shards 3"):
        restore_journal(open_journal(shards=2), folder)


def _remove_one(folder: Path) -> None:
    (folder / read_manifest(folder).files[1].path).unlink()


def _add_one(folder: Path) -> None:
    (folder / "shard=0" / "more.parquet").write_bytes(b"")


def _change_one(folder: Path) -> None:
    path = folder / read_manifest(folder).files[0].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _damage_one_under_its_hash(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    first = manifest["files"][0]
    content = bytearray((folder / first["path"]).read_bytes())
    content[4:40] = bytes(36)
    (folder / first["path"]).write_bytes(content)
    first["sha256"] = sha256(content).hexdigest()
    path.write_bytes(orjson.dumps(manifest))


def _hide_one(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    del manifest["files"][1]
    path.write_bytes(orjson.dumps(manifest))


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (_remove_one, ArchiveDamaged),
        (_add_one, ArchiveDamaged),
        (_change_one, ArchiveDamaged),
        (_damage_one_under_its_hash, ArchiveDamaged),
        (_hide_one, ArchiveUnreadable),
    ],
)
def test_a_damaged_archive_is_refused_before_anything_is_stored(
    open_journal: Open, folder: Path, damage: Callable[[Path], None], error: type[Exception]
) -> None:
    first, second = open_journal(), open_journal()
    tell(first, 100)
    archive(first, folder)
    damage(folder)
    empty = stands(second)
    with pytest.raises(error):
        restore_journal(second, folder)
    assert stands(second) == empty


def test_where_there_is_no_archive_nothing_is_restored(open_journal: Open, folder: Path) -> None:
    with pytest.raises(NoArchive, match=r"manifest\.json"):
        restore_journal(open_journal(), folder)


def test_an_archive_of_a_newer_schema_is_refused(open_journal: Open, folder: Path) -> None:
    archive(open_journal(), folder)
    path = folder / "manifest.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {"schema_version": "9999"}))
    with pytest.raises(SchemaTooNew, match="9999"):
        restore_journal(open_journal(), folder)


def test_without_the_vault_of_the_archived_journal_nothing_is_restored(open_journal: Open, folder: Path) -> None:
    """Restored, nobody could read it, and people would get second keys."""
    first, second = open_journal(), open_journal(vault="another")
    tell(first, 100)
    archive(first, folder)
    with pytest.raises(VaultOfAnotherJournal, match="MAJUNG_VAULT_URL"):
        restore_journal(second, folder)
    assert not any(second.head())


def test_with_another_master_key_nothing_is_restored(open_journal: Open, folder: Path) -> None:
    first, second = open_journal(), open_journal()
    tell(first, 100)
    archive(first, folder)
    other = Journal(second.database, Vault(first.vault.database, bytes(32)), shards=second.shards)
    with pytest.raises(MasterKeyUnusable):
        restore_journal(other, folder)
    assert not any(second.head())


def test_somebody_whose_key_is_broken_keeps_no_journal_from_being_restored(open_journal: Open, folder: Path) -> None:
    first, second = open_journal(), open_journal()
    tell(first, 100)
    earliest = next(row.participant_id for row in stands(first)[0] if row.sealed)
    with first.vault.database.write() as connection:
        broken = update(keys).where(keys.c.participant_id == earliest)
        assert connection.execute(broken.values(wrapped=b"not a key at all")).rowcount == 1
    archive(first, folder)
    restore_journal(Journal(second.database, Vault(first.vault.database, MASTER_KEY), shards=second.shards), folder)
    assert stands(second) == stands(first)


def test_where_nothing_is_sealed_any_vault_will_do(open_journal: Open, folder: Path) -> None:
    first, second = open_journal(), open_journal(vault="another")
    first.record([store_visited.replaced(note=None, nickname=None)])
    archive(first, folder)
    assert read_manifest(folder).files[0].sealed == 0
    restore_journal(second, folder)
    assert stands(second) == stands(first)


def test_a_database_that_stores_something_else_is_found_out(open_journal: Open, folder: Path) -> None:
    first, second = open_journal(), open_journal("postgresql")
    tell(first, 100)
    archive(first, folder)
    with second.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.actor := coalesce(NEW.actor, 'nobody'); RETURN NEW; END $$"
        )
        connection.exec_driver_sql("CREATE TRIGGER bend BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION bend()")
    with pytest.raises(RestoreFailed, match="read back"):
        restore_journal(second, folder)
    assert stands(second) == stands(open_journal())


def test_people_keep_their_streams(open_journal: Open, folder: Path) -> None:
    first, second = open_journal(), open_journal("postgresql")
    person = UUID(int=7, version=4)
    first.record(about(person, call_received, store_visited))
    archive(first, folder)
    restore_journal(second, folder)
    assert [told.originator_version for told in second.events.get(person)] == [1, 2]
    second.record(about(person, on(call_received, "2025-09-09")))
    assert [told.originator_version for told in second.events.get(person)] == [1, 2, 3]
