"""`majung export journal`, `majung verify archive`, `majung restore journal`: the journal as Parquet, and back."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api import wiring
from api.cli.exits import ExitCode
from api.cli.listing import Listing, record
from api.cli.messages import bar, remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.cli.up_to_date import bring_up_to_date
from api.settings import load_settings
from replay.archive.refusals import ArchiveExtraMissing
from replay.recorder import now_in_utc
from replay.schema import check

Folder = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="The archive's folder.")]
WithJournal = Annotated[
    bool, typer.Option("--with-journal", help="Also compare every archived event with the journal of the settings.")
]
NoProject = Annotated[bool, typer.Option("--no-project", help="Leave the read models to the worker.")]


def export_journal(folder: Folder, output: Output = Format.TABLE) -> None:
    """Archive what the journal recorded since the last time, as Parquet files; sealed fields stay sealed."""
    with needs_pyarrow():
        from replay.archive.export import export_journal
    with wiring.journal_database(load_settings()) as database, bar("archiving", "events") as advance:
        done = export_journal(database, folder, clock=now_in_utc, progress=advance)
    if done.removed:
        remark(f"{len(done.removed)} file(s) of a run that did not end were removed: {', '.join(done.removed)}")
    if not done.rows:
        remark("nothing was recorded since the last time")
    about = record(
        "archive",
        events=done.rows,
        files=done.files,
        bytes=done.bytes,
        events_in_all=done.manifest.rows,
        files_in_all=len(done.manifest.files),
        manifest_sha256=done.manifest_sha256,
    )
    show(output, about)


def verify_archive(folder: Folder, with_journal: WithJournal = False, output: Output = Format.TABLE) -> None:
    """See whether an archive is whole: every file, hash, count and position. Ends with 3 where something is wrong."""
    with needs_pyarrow():
        from replay.archive.manifest import read_manifest
        from replay.archive.verify import compare_with_journal, not_yet_archived, verify_archive
    with ExitStack() as closing:
        database = closing.enter_context(wiring.journal_database(load_settings())) if with_journal else None
        if database is not None:
            # First: where there is no journal none is made, and no file is read in vain.
            check(database)
        with bar("verifying", "events") as advance:
            findings = verify_archive(folder, advance)
        manifest = read_manifest(folder)
        if database is not None:
            with bar("comparing", "events") as advance:
                findings += compare_with_journal(database, folder, advance)
            if more := not_yet_archived(database, manifest):
                remark(f"the journal holds {more:,} event(s) that are not archived yet")
    remark(f"{manifest.rows:,} event(s) in {len(manifest.files):,} file(s): {len(findings):,} finding(s)")
    show(output, Listing("findings", ("path", "code", "message"), findings))
    if findings:
        raise typer.Exit(ExitCode.FINDINGS)


def restore_journal(folder: Folder, no_project: NoProject = False, output: Output = Format.TABLE) -> None:
    """Rebuild an empty journal from an archive, all of it or nothing. It needs the vault of the archived journal."""
    with needs_pyarrow():
        from replay.archive.restore import restore_journal
    with wiring.start(load_settings()) as majung:
        with bar("restoring", "events") as advance:
            done = restore_journal(majung.journal, folder, advance)
        if not no_project:
            bring_up_to_date(majung)
    show(output, record("journal", events=done.rows, shards=done.shards))


@contextmanager
def needs_pyarrow() -> Iterator[None]:
    """Archives are an extra: who has none of them needs no pyarrow."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "pyarrow":
            raise
        raise ArchiveExtraMissing(
            "archives need pyarrow, which is not installed: install majung with its extra `archive`"
        ) from None
