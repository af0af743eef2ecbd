"""`majung simulate`: a synthetic population into the journal, or into a file."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import orjson
import typer

from api import wiring
from api.cli.importing import NoProject
from api.cli.messages import bar, remark
from api.cli.up_to_date import bring_up_to_date
from api.settings import load_settings
from api.wiring import Majung
from consumers.simulation import Batch, seoul_2025
from domain.cloud_events import cloud_event
from replay.synthetic import first_source, refuse_real_events


class Scenario(StrEnum):
    SEOUL_2025 = "seoul-2025"


class Target(StrEnum):
    DATABASE = "database"
    FILE = "file"


SCENARIOS: dict[Scenario, Callable[[int, int], Iterator[Batch]]] = {Scenario.SEOUL_2025: seoul_2025}

Which = Annotated[Scenario, typer.Option(help="Which story is told.")]
People = Annotated[
    int, typer.Option(min=1, help="How many registered participants; seoul-2025 needs 5,000 for its figures.")
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same population.")]
To = Annotated[Target, typer.Option("--to", help="The journal, whose clock it sets; or a file of CloudEvents.")]
File = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="CloudEvents JSONL; - is stdout.")]


def simulate(
    scenario: Which = Scenario.SEOUL_2025,
    people: People = 5000,
    seed: Seed = 1,
    to: To = Target.DATABASE,
    file: File = None,
    no_project: NoProject = False,
) -> None:
    """Simulate a population, marked synthetic on every event. Into an empty or wholly synthetic journal only."""
    if (to is Target.FILE) == (file is None):
        raise typer.BadParameter("--to file needs --file FILE, and --to database takes none")
    batches = SCENARIOS[scenario](people, seed)
    if file is not None:
        with _opened(file) as lines:
            _write(batches, lines)
        return
    with wiring.start(load_settings()) as majung:
        told = record_all(majung, batches)
        if (first := first_source(majung.database)) != source_of(scenario, people, seed):
            remark(f"this journal holds another population too ({first}): figures are those of both together")
        typer.echo(
            f"rows {told.total()} = events {told['recorded']} + duplicates {told['duplicate']}"
            f" + rejects {told['blocked']} + conflicts {told['conflict']}"
        )
        if not no_project:
            bring_up_to_date(majung)


def source_of(scenario: Scenario, people: int, seed: int) -> str:
    """What every event of a population says who told it."""
    return f"simulation/{scenario}/{people}/{seed}"


def record_all(majung: Majung, batches: Iterator[Batch]) -> Counter[str]:
    """Record a population at its own times; what is there already stays. Counts the outcomes. Raises NotSynthetic."""
    refuse_real_events(majung.database)
    told: Counter[str] = Counter()
    with bar("simulating", "events") as advance:
        for batch in batches:
            told.update(outcome.status for outcome in majung.journal.record(batch.events, now=batch.now))
            advance(told.total(), None)
    return told


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    with file.open("wb") as lines:
        yield lines


def _write(batches: Iterator[Batch], lines: BinaryIO) -> None:
    """In the order of arrival; the times of arrival are the journal's own, and no file holds them.

    Commands are left out: they are Majung's own, and no file of a producer's may tell them.
    """
    with bar("simulating", "events") as advance:
        written = 0
        for batch in batches:
            told = [cloud_event(event) for event in batch.events if not event.is_command]
            lines.writelines(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in told)
            advance(written := written + len(told), None)
