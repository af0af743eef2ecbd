"""A whole file into the journal: batch by batch, every row accounted for, what is wrong kept aside."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import UUID

import orjson

from consumers.cloudevents_file import cloud_events
from consumers.rejects import RejectsFile
from consumers.tables.file import touchpoints
from consumers.tables.mapping import CsvMapping
from consumers.units import Read, Reject, Unit
from domain.intake import SKEW, cloud_event
from domain.touchpoint import Touchpoint
from replay.journal import Outcome, differing_fields
from replay.live.held import CannotBeFolded

Record = Callable[[Sequence[Touchpoint]], list[Outcome]]
Find = Callable[[Iterable[UUID]], list[Touchpoint]]

CONFLICT = "conflict"
DOES_NOT_FOLD = "does-not-fold"
BATCH = 1000


class Progress(NamedTuple):
    """How far an import is: bytes of the file, and rows found in them."""

    bytes_read: int
    bytes_total: int
    rows: int


@dataclass(frozen=True)
class ImportReport:
    """What became of every row: rows = events + duplicates + rejects + conflicts.

    A row is a touchpoint that should come of the file: a line of JSONL; of CSV what `when`, `group_by` and `for_each`
    make of its lines, and every line that cannot be read.
    """

    rows: int
    events: int
    duplicates: int
    rejects: int
    conflicts: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    """How many rejects and conflicts there are of each code, the most frequent first."""

    def __post_init__(self) -> None:
        if self.rows != self.events + self.duplicates + self.rejects + self.conflicts:
            raise AssertionError("an import lost count of a row: this is a defect, please report it")


def import_file(
    path: Path,
    *,
    record: Record,
    now: datetime,
    mapping: CsvMapping | None = None,
    rejects: RejectsFile | None = None,
    skew: timedelta = SKEW,
    batch: int = BATCH,
    from_producer: bool = True,
    progress: Callable[[Progress], None] = lambda _: None,
) -> ImportReport:
    """Import CSV through a mapping, or CloudEvents JSONL without one; running it again adds nothing.

    `record` stores a batch and tells each outcome: `Journal.record`, or a `Rehearsal` for a dry run. Raises OSError,
    MappingError when the file lacks a mapped column (before anything is stored), and what `record` raises: batches
    before that stay stored, and another run goes on from there.
    """
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()

    def put_aside(reject: Reject) -> None:
        reasons[reject.code] += 1
        if rejects is not None:
            rejects.write(reject)

    with path.open("rb") as file:
        total = path.stat().st_size
        for units in _batches(_units(file, mapping, now, skew, from_producer), batch):
            counts["rows"] += len(units)
            for reject in _recorded(units, record, counts):
                put_aside(reject)
            progress(Progress(file.tell(), total, counts["rows"]))
    return ImportReport(
        rows=counts["rows"],
        events=counts["recorded"],
        duplicates=counts["duplicate"],
        rejects=counts["rejected"],
        conflicts=counts["conflict"],
        reasons=dict(reasons.most_common()),
    )


class Rehearsal:
    """Tells what `Journal.record` would, and stores nothing: the `record` of a dry run.

    With `find` (`Journal.find`) it knows what the journal holds; without, only what the file itself repeats.
    """

    def __init__(self, find: Find = lambda _: []) -> None:
        self._find = find
        self._seen: dict[UUID, bytes] = {}
        """A digest of every touchpoint that would go in, not the touchpoint: the file may be large."""

    def __call__(self, events: Sequence[Touchpoint]) -> list[Outcome]:
        stored = {event.event_id: event for event in self._find([event.event_id for event in events])}
        return [self._outcome(event, stored.get(event.event_id)) for event in events]

    def _outcome(self, event: Touchpoint, stored: Touchpoint | None) -> Outcome:
        if stored is not None:
            differing = differing_fields(stored, event)
            return Outcome("conflict" if differing else "duplicate", event, None, differing)
        digest = sha256(orjson.dumps(cloud_event(event), option=orjson.OPT_SORT_KEYS)).digest()
        known = self._seen.get(event.event_id)
        if known is None:
            self._seen[event.event_id] = digest
            return Outcome("recorded", event)
        return Outcome("duplicate" if known == digest else "conflict", event)


def _units(
    file: BinaryIO, mapping: CsvMapping | None, now: datetime, skew: timedelta, from_producer: bool
) -> Iterator[Unit]:
    if mapping is None:
        return cloud_events(file, now=now, skew=skew, from_producer=from_producer)
    return touchpoints(file, mapping, now=now, skew=skew)


def _batches(units: Iterator[Unit], size: int) -> Iterator[list[Unit]]:
    while some := list(islice(units, size)):
        yield some


def _recorded(units: Sequence[Unit], record: Record, counts: Counter[str]) -> Iterator[Reject]:
    """Record what can be, count each outcome, and give what is to be put aside in the order of the file."""
    events = [unit.event for unit in units if isinstance(unit, Read)]
    outcomes = iter(record(events) if events else ())
    for unit in units:
        if isinstance(unit, Reject):
            counts["rejected"] += 1
            yield unit
            continue
        outcome = next(outcomes)
        counts["rejected" if outcome.cause else outcome.status] += 1
        if outcome.status == "conflict":
            yield Reject(unit.line, CONFLICT, _conflict(outcome), unit.raw)
        if outcome.cause:
            yield Reject(unit.line, DOES_NOT_FOLD, str(CannotBeFolded(outcome.cause)), unit.raw)


def _conflict(outcome: Outcome) -> str:
    where = f"in {', '.join(outcome.differing)}" if outcome.differing else "from an earlier line of this file"
    return (
        f"{outcome.event.stored_as} with this id was told before and differs {where}: "
        "correct it with a touchpoint-corrected event, or give it an id of its own"
    )
