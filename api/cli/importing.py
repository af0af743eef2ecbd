"""`majung import`: a file into the journal, every row accounted for."""

from pathlib import Path
from typing import Annotated

import typer

from api import wiring
from api.cli.exits import ExitCode
from api.cli.messages import bar, remark
from api.cli.up_to_date import bring_up_to_date
from api.settings import load_settings
from api.wiring import Majung
from consumers.importing import BATCH, ImportReport, Progress, Rehearsal, import_file
from consumers.rejects import RejectsFile, rejects_path
from consumers.tables.mapping import CsvMapping, load_mapping

File = Annotated[
    Path, typer.Argument(metavar="FILE", dir_okay=False, help="CloudEvents JSONL, or CSV with a mapping file.")
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="What the columns of a CSV file mean: docs/importing.md."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go in, and store nothing.")]
Rejects = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Where rejects go, sealed. FILE.rejects.jsonl unless told; of a dry run nowhere."
    ),
]
Batch = Annotated[int, typer.Option(min=1, max=100_000, help="Rows of one transaction.")]
NoProject = Annotated[bool, typer.Option("--no-project", help="Leave the read models to the worker.")]


def import_(
    file: File,
    mapping: MappingFile = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    batch: Batch = BATCH,
    no_project: NoProject = False,
) -> None:
    """Import a file. Safe to repeat: what is there already is a duplicate. Ends with 3 where rows were put aside."""
    if mapping is None and file.exists() and file.suffix.lower() in {".csv", ".tsv"}:
        raise typer.BadParameter(f"{file.name} is a table: say what its columns mean with --mapping FILE.toml")
    columns = load_mapping(mapping) if mapping else None
    path = rejects or (None if dry_run else rejects_path(file))
    with wiring.start(load_settings()) as majung:
        report = _imported(majung, file, columns, path, batch, dry_run)
        _tell(report, path, dry_run)
        if not (dry_run or no_project):
            bring_up_to_date(majung)
    if report.rejects or report.conflicts:
        raise typer.Exit(ExitCode.FINDINGS)


def _imported(
    majung: Majung, file: Path, columns: CsvMapping | None, path: Path | None, batch: int, dry_run: bool
) -> ImportReport:
    journal = majung.journal
    aside = RejectsFile(path, journal.vault.seal_apart) if path else None
    # A file that is not there is told without a bar that never moves.
    file.stat()
    try:
        with bar(f"importing {file.name}", "rows") as advance:

            def progress(found: Progress) -> None:
                advance(found.bytes_read, found.bytes_total, found.rows)

            return import_file(
                file,
                record=Rehearsal(journal.find) if dry_run else journal.record,
                now=journal.clock(),
                mapping=columns,
                rejects=aside,
                skew=majung.settings.future_skew,
                batch=batch,
                progress=progress,
            )
    finally:
        if aside is not None:
            aside.close()


def _tell(report: ImportReport, path: Path | None, dry_run: bool) -> None:
    for code, count in report.reasons.items():
        remark(f"{count:,} put aside: {code}")
    if path and report.reasons:
        remark(f"they are in {path}, sealed: majung rejects show {path}")
    if dry_run:
        remark("dry run: nothing was stored")
    typer.echo(
        f"rows {report.rows} = events {report.events} + duplicates {report.duplicates}"
        f" + rejects {report.rejects} + conflicts {report.conflicts}"
    )
