"""`majung demo`: a simulated year of the programme, its figures beside the published ones, and what to look at."""

import sys
from pathlib import Path
from shutil import which
from typing import Annotated

import typer

from api import wiring
from api.cli.exits import Refused
from api.cli.listing import Listing
from api.cli.messages import remark
from api.cli.output import Format, show
from api.cli.published import AS_OF, PUBLISHED
from api.cli.services import figures_of
from api.cli.serving import Port, ensure_free, listen, told_in_log
from api.cli.simulating import SCENARIOS, Scenario, Seed, record_all, source_of
from api.cli.up_to_date import bring_up_to_date, fold_anew
from api.settings import settings_in
from api.wiring import Majung
from consumers.simulation import WORKER_OF_WAITING, households_of, worth_looking_at
from consumers.simulation.scenario import LAST_DAY
from domain.clock import end_of_day
from replay.live.generations import ReadModelOutdated
from replay.synthetic import first_source

People = Annotated[int, typer.Option(min=5000, help="How many registered participants.")]
NoServe = Annotated[bool, typer.Option("--no-serve", help="End when everything is built and told.")]
Folder = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the demo keeps its data.")]

_DEFAULT = Path(".majung/demo")
_COMPLETE = "simulated"
"""A file in the folder, written when the whole population is in."""


def demo(
    people: People = 5000, seed: Seed = 1, no_serve: NoServe = False, port: Port = None, folder: Folder = _DEFAULT
) -> None:
    """Simulate the programme, build, print its figures, name some people, serve. In a folder of its own."""
    settings = settings_in(folder)
    if not no_serve:
        ensure_free(settings, port)
    wiring.upgrade(settings)
    with wiring.start(settings) as majung:
        _populate(majung, folder, people, seed)
        _build(majung)
        _show_figures(majung)
        _name_people(folder, seed, f"http://{settings.host}:{settings.port if port is None else port}")
        _name_commands(folder, seed)
        if not no_serve:
            with told_in_log(settings):
                listen(majung, port=port)


def _populate(majung: Majung, folder: Path, people: int, seed: int) -> None:
    """Simulate unless the population is there; one that was interrupted goes on. Raises Refused for another."""
    found = first_source(majung.database)
    if found not in (None, source_of(Scenario.SEOUL_2025, people, seed)):
        raise Refused(f"{folder} holds another population ({found}): remove the folder, or name another with --folder")
    complete = folder / _COMPLETE
    if found is None or not complete.exists():
        record_all(majung, SCENARIOS[Scenario.SEOUL_2025](people, seed))
        complete.touch()


def _build(majung: Majung) -> None:
    """Also where the rows are those of an earlier release: they are the demo's own."""
    try:
        bring_up_to_date(majung)
    except ReadModelOutdated:
        fold_anew(majung)


def _show_figures(majung: Majung) -> None:
    columns = ("code", "title", "value", "published", "unit")
    values = figures_of(majung, end_of_day(AS_OF), majung.now())
    rows = [(found.code, found.title, found.value, PUBLISHED.get(found.code), found.unit) for found in values]
    remark(f"The programme's figures as of {AS_OF}, simulated and published:")
    show(Format.TABLE, Listing("figures", columns, rows, brief=(columns[0], *columns[2:])))


def _name_people(folder: Path, seed: int, address: str) -> None:
    """With the day on which the story ends: by now most would be lost to sight."""
    majung = _command(folder)
    for found in worth_looking_at(seed):
        person = found.participant_id
        typer.echo(f"\n{found.sentence}")
        typer.echo(f"  {majung} person why {person}")
        typer.echo(f"  {majung} person show {person} --as-of {LAST_DAY}")
        typer.echo(f"  {address}/v1/people/{person}?as_of={LAST_DAY}")


def _name_commands(folder: Path, seed: int) -> None:
    majung = _command(folder)
    *_, waiting = worth_looking_at(seed)
    typer.echo(f"\nThe town on the last day of the story, {LAST_DAY}:")
    for asked in (
        f"alerts list --as-of {LAST_DAY}",
        f"follow-ups today --as-of {LAST_DAY}",
        f"caseload show {WORKER_OF_WAITING} --as-of {LAST_DAY}",
        f"handover show {WORKER_OF_WAITING} --as-of {LAST_DAY}",
        f"concerns list --open --as-of {LAST_DAY}",
        f"households show {households_of(seed, 1)[0]}",
        f"person network {waiting.participant_id} --as-of {LAST_DAY}",
        "identities suggested",
        f"outcomes returns --as-of {LAST_DAY}",
    ):
        typer.echo(f"  {majung} {asked}")


def _command(folder: Path) -> str:
    return f"MAJUNG_FOLDER={folder} {'majung' if which('majung') else sys.argv[0]}"
