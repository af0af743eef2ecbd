"""`majung replay`: read models anew from the journal, beside those that serve meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from enum import StrEnum
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from api import wiring
from api.cli.archiving import needs_pyarrow
from api.cli.choosing_people import (
    People,
    PeopleFile,
    RecordedFrom,
    RecordedUntil,
    Source,
    Types,
    choice_of,
    chosen_people,
)
from api.cli.exits import ExitCode
from api.cli.listing import Listing
from api.cli.messages import bar, bars, remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.cli.replay_found import COLUMNS, compared, tables
from api.cli.replaying_some import replay_some
from api.cli.rule_sets import registered_rule_set, rule_set
from api.cli.rules import show_trial
from api.settings import load_settings
from domain.journey import VERSION_1
from projections.journey import journey, under
from projections.read_model import ReadModel
from replay.archive.archived import Archived
from replay.rebuild import Crew, Engine, Expect, Rebuilt, processors, rebuild
from replay.rebuild.engine import DaskExtraMissing
from replay.rebuild.gate import holds

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help=f"{', '.join(wiring.NAMES)}; all of them unless told, and the journeys that are kept under other rules.",
    ),
]
RulesTold = Annotated[
    str | None,
    typer.Option(
        "--rules",
        metavar="V",
        help="Build and keep the journey under other stage rules: a registered version. With --dry-run also a file.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Say what the new rows would change, and let none serve; with --rules, who would be placed elsewhere.",
    ),
]
Expected = Annotated[
    Expect | None,
    typer.Option(
        "--expect",
        help="What the new rows may be beside those that serve; anything else, and they wait and the exit code is 3.",
    ),
]
CompareTold = Annotated[
    bool, typer.Option("--compare/--no-compare", help="Compare the new rows with those that serve before they do.")
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=256, help="How many processes fold; one for each processor unless told."),
]
Nice = Annotated[
    int, typer.Option("--nice", min=0, max=19, help="How much they give way to other processes: 19 is the most.")
]


class Engines(StrEnum):
    """What can fold the journal."""

    LOCAL = "local"
    DASK = "dask"


EngineTold = Annotated[
    Engines,
    typer.Option(
        "--engine",
        help="Who folds: processes of this machine, or the workers of a Dask cluster, for journals of PostgreSQL.",
    ),
]
FromArchive = Annotated[
    Path | None,
    typer.Option(
        "--from-archive",
        metavar="DIR",
        file_okay=False,
        help="Read what is archived there and not the journal, as far as it goes; workers of a cluster read their own"
        " copy in the same place.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="Where the scheduler of the cluster is: tcp://HOST:PORT."),
]

_EVENTS_A_PROCESS = 100_000
"""Fewer, and a second process costs more to start than it saves."""


def replay(
    names: Names = None,
    rules: RulesTold = None,
    dry_run: DryRun = False,
    expect: Expected = None,
    compare: CompareTold = True,
    workers: Workers = None,
    nice: Nice = 0,
    engine: EngineTold = Engines.LOCAL,
    scheduler: Scheduler = None,
    people: People = None,
    people_file: PeopleFile = None,
    types: Types = None,
    source: Source = None,
    recorded_from: RecordedFrom = None,
    recorded_until: RecordedUntil = None,
    from_archive: FromArchive = None,
    output: Output = Format.TABLE,
) -> None:
    """Fold the whole journal anew, and let the new rows serve when they are complete and compared.

    One that was interrupted goes on where it stood. With people chosen, only their rows are made anew, where they are.
    """
    choice = choice_of(people, people_file, types, source, recorded_from, recorded_until)
    if rules is not None and {*(names or ())} - {journey.name}:
        raise typer.BadParameter("stage rules make the journey only: name no other read model")
    on_cluster = engine is Engines.DASK
    for_all = {
        "--expect": expect is not None,
        "--no-compare": not compare,
        "--workers": workers is not None,
        "--nice": nice > 0,
        "--engine": on_cluster,
        "--from-archive": from_archive is not None,
    }
    if choice.is_told:
        _ensure_untold(for_all | {"--rules": rules is not None}, "is for everybody: choose no people with it")
    elif rules is not None and dry_run:
        _ensure_untold(for_all, "does nothing where --rules and --dry-run only say who would move: leave it out")
    elif not compare and (expect is not None or dry_run):
        raise typer.BadParameter("--expect and --dry-run compare the rows: leave --no-compare out")
    if on_cluster != (scheduler is not None):
        raise typer.BadParameter("--engine dask and --scheduler ADDRESS go together: tell both, or neither")
    if on_cluster and (workers is not None or nice):
        raise typer.BadParameter(
            "--workers and --nice are for processes of this machine: start the cluster's as you want"
        )
    with wiring.start(load_settings()) as majung:
        if choice.is_told:
            some = chosen_people(majung, choice)
            replay_some(majung.journal, named(majung, names), some, output, dry_run=dry_run)
            return
        if rules is not None and dry_run:
            show_trial(majung, VERSION_1, rule_set(majung, rules), output)
            return
        models = named(majung, names) if rules is None else [_beside(majung, rules)]
        begun = monotonic()
        with (
            _archived(majung, from_archive, copied=scheduler is None) as archived,
            _on_cluster(majung, scheduler, from_archive, archived)
            if scheduler
            else nullcontext(crew(majung, workers, nice, archived)) as folding,
            bars("replaying", "events") as (advance, more),
        ):
            done = rebuild(
                majung.journal,
                models,
                advance,
                engine=folding,
                compare=compare,
                expect=expect,
                serve=not dry_run,
                told=lambda part: more(f"process {part.worker}", part.events),
                archived=archived,
            )
        _say(models, done, monotonic() - begun)
    _show(models, done, output)
    if not holds(expect, done.compared):
        raise typer.Exit(ExitCode.FINDINGS)


def _ensure_untold(options: Mapping[str, bool], why: str) -> None:
    """Refuse what would be told for nothing."""
    if told := [name for name, is_told in options.items() if is_told]:
        raise typer.BadParameter(f"{', '.join(told)} {why}")


@contextmanager
def _archived(majung: wiring.Majung, folder: Path | None, *, copied: bool) -> Iterator[Archived | None]:
    """What is archived, and where it is to be `copied` for this machine, its copy."""
    if folder is None:
        yield None
        return
    with needs_pyarrow():
        from replay.archive.local_copy import local_copy, reach_of
    reach = reach_of(majung.database, folder)
    if not copied:
        yield reach
        return
    with ExitStack() as closing:
        with bar("copying the archive", "events") as advance:
            archived = closing.enter_context(local_copy(majung.journal, folder, advance))
        yield archived


def crew(majung: wiring.Majung, workers: int | None, nice: int, archived: Archived | None = None) -> Crew:
    """Who folds: as many processes as are told, or as are useful here."""
    useful = 1 + sum(majung.journal.head()) // _EVENTS_A_PROCESS
    processes = workers or min(processors(), useful)
    copy = archived.copy.database.url if archived and archived.copy else None
    opening = partial(wiring.opened, majung.settings, copy)
    return Crew(processes, opening, nice, majung.settings.replay_copies_from)


@contextmanager
def _on_cluster(
    majung: wiring.Majung, address: str, folder: Path | None, archived: Archived | None
) -> Iterator[Engine]:
    """The workers of a scheduler. Dask is an extra: who has no cluster needs none of it."""
    try:
        from replay.rebuild.cluster import cluster
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("dask", "distributed"):
            raise
        raise DaskExtraMissing(
            "--engine dask needs Dask, which is not installed: install majung with its extra `dask`, here and on every"
            " worker"
        ) from None
    until = dict(archived.until) if archived else None
    with cluster(majung.journal, address, partial(wiring.opened_by_own_settings, folder, until)) as found:
        yield found


def _say(models: Sequence[ReadModel], done: Rebuilt, seconds: float) -> None:
    remark(f"{done.events:,} events of {done.people:,} people in {seconds:,.1f} s")
    for found in done.compared:
        if found.left_out:
            remark(f"{found.model}: {found.left_out:,} people were not compared: {found.why}")
        if found.columns_left_out:
            names = ", ".join(found.columns_left_out)
            remark(f"{found.model}: not compared, since only one version has them or each another type: {names}")
    if not done.switched:
        names = " ".join(model.name for model in models)
        remark(
            f"the rows that served go on serving: `majung projections switch {names}` lets the new ones serve, and the"
            " next replay makes them anew"
        )


def _show(models: Sequence[ReadModel], done: Rebuilt, output: Format) -> None:
    found = {each.model: each for each in done.compared}
    rows = [
        (model.name, model.version, done.rows[model.name], done.events, done.people, *compared(found.get(model.name)))
        for model in models
    ]
    if output is Format.TABLE:
        show(output, *tables(rows, done.compared))
    else:
        show(output, Listing("read_models", COLUMNS, rows))


def named(majung: wiring.Majung, names: Sequence[str] | None) -> Sequence[ReadModel]:
    """The read models of these names, each once; without any, all that serve, and the journeys that are kept under
    other rules. Raises BadParameter for a name that no read model bears.
    """
    kept = majung.models()
    if not names:
        return kept
    by_name = {model.name: model for model in nameable(majung)}
    if unknown := [name for name in names if name not in by_name]:
        there_are = ", ".join(model.name for model in kept)
        raise typer.BadParameter(f"no read model is named {', '.join(unknown)}: there are {there_are}")
    return [by_name[name] for name in dict.fromkeys(names)]


def nameable(majung: wiring.Majung) -> Sequence[ReadModel]:
    """The read models that serve, and the journey under every version of the rules, whether or not it has rows."""
    return [*majung.serving, *(under(rules) for rules in majung.rule_sets().values() if rules != VERSION_1)]


def _beside(majung: wiring.Majung, told: str) -> ReadModel:
    """The journey under a registered rule set, which every worker keeps up to date once it is built."""
    rules = registered_rule_set(majung, told)
    if rules == VERSION_1:
        raise typer.BadParameter(
            f"the rows that serve are made by rules {rules.version}: leave --rules out, or try others with --dry-run"
        )
    return under(rules)
