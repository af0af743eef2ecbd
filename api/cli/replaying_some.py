"""`majung replay` of some people: whose rows were not their fold, who stays held, and who could not be compared."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import typer

from api.cli.exits import ExitCode
from api.cli.listing import Listing
from api.cli.messages import bar, remark
from api.cli.output import Format, show
from projections.read_model import ReadModel
from replay.journal import Journal
from replay.live import generations, held
from replay.live.held import Held, in_words
from replay.live.verify import UNSEEN, LeftOut, Verified, verify
from replay.live.worker import Worker


class _Status(StrEnum):
    """What became of rows; of a dry run, what would."""

    CHANGED = "changed"
    """They were not their fold, and are made anew."""
    FOLDED = "folded"
    """They are made anew, and could not be compared before."""
    HELD = "held"
    """They stay as they were: what is recorded does not fold, or was not tried again in a dry run."""
    NOT_COMPARED = "not_compared"
    """A dry run cannot tell: they have not seen all that is recorded."""


class _Told(NamedTuple):
    """What is told of a person's rows: of one read model where they were not their fold, else of all."""

    status: _Status
    read_model: str | None
    component: UUID
    stored: int | None
    folded: int | None
    stored_digest: str | None
    folded_digest: str | None
    why: str


_BRIEF = ("status", "read_model", "component", "stored", "folded", "why")


def replay_some(
    journal: Journal, models: Sequence[ReadModel], people: Sequence[UUID], output: Format, *, dry_run: bool
) -> None:
    """Make the rows of these people anew where they are. Who is left out is told, and is a finding."""
    with bar("comparing", "people") as advance:
        found = verify(journal, models, people, advance)
    if dry_run:
        rows = _would_be(found)
    else:
        _fold(journal, models, people)
        marks, elsewhere = _left_held(journal, models, people)
        rows = _is_now(found, marks)
        if elsewhere:
            remark(f"{elsewhere:,} people are still held in other read models: see `majung held retry`")
    _say(found, rows)
    show(output, Listing("changed", _Told._fields, rows, brief=_BRIEF))
    if any(row.status in (_Status.HELD, _Status.NOT_COMPARED) for row in rows):
        raise typer.Exit(ExitCode.FINDINGS)


def _fold(journal: Journal, models: Sequence[ReadModel], people: Sequence[UUID]) -> None:
    with bar("folding", "people") as advance:
        done = 0

        def more(some: int) -> None:
            nonlocal done
            done += some
            advance(done, len(people))

        Worker(journal, models).fold_again(people, more)


def _left_held(
    journal: Journal, models: Sequence[ReadModel], people: Sequence[UUID]
) -> tuple[Mapping[UUID, Held], int]:
    """Who of these is held in any of these read models, by the root of the component; and how many in others only."""
    with journal.database.read() as connection:
        here = held.marks_of(connection, people, generations.live(connection, models))
        anywhere = held.marks_of(connection, people)
    marks = {mark.root: mark for mark in here.values()}
    return marks, len({mark.root for mark in anywhere.values()} - marks.keys())


def _would_be(found: Verified) -> list[_Told]:
    failing = [_left_out(_Status.HELD, root, in_words(cause)) for root, cause in found.unfolded.items()]
    return [*_changed(found, found.unfolded), *failing, *map(_not_tried, found.named)]


def _is_now(found: Verified, marks: Mapping[UUID, Held]) -> list[_Told]:
    failing = [_left_out(_Status.HELD, root, in_words(mark)) for root, mark in sorted(marks.items())]
    # Who did not fold a moment ago and is not held now was repaired in between.
    whole = [root for root in found.unfolded if root not in marks]
    uncompared = [one for one in found.named if one.component not in marks]
    return [
        *_changed(found, {*marks, *whole}),
        *failing,
        *(_left_out(_Status.FOLDED, root, in_words(found.unfolded[root])) for root in whole),
        *(_left_out(_Status.FOLDED, one.component, f"not compared before: {one.why}") for one in uncompared),
    ]


def _changed(found: Verified, apart_from: Collection[UUID]) -> list[_Told]:
    return [_Told(_Status.CHANGED, *finding) for finding in found.findings if finding.component not in apart_from]


def _not_tried(one: LeftOut) -> _Told:
    if one.mark is None:
        return _left_out(_Status.NOT_COMPARED, one.component, one.why)
    return _left_out(_Status.HELD, one.component, f"held, and not tried again: {one.why}")


def _left_out(status: _Status, component: UUID, why: str) -> _Told:
    return _Told(status, None, component, None, None, None, None, why)


def _say(found: Verified, rows: Sequence[_Told]) -> None:
    people = {status: {row.component for row in rows if row.status is status} for status in _Status}
    changed = len(people[_Status.CHANGED])
    compared = found.people - len(found.unfolded)
    remark(f"{compared:,} people compared: {changed:,} had rows of a read model that were not their fold")
    if folded := people[_Status.FOLDED]:
        remark(f"{len(folded):,} people were made anew and not compared before")
    if kept := people[_Status.HELD]:
        remark(f"{len(kept):,} people are left out, and their rows stay as they are: they are held, or do not fold")
    if unseen := people[_Status.NOT_COMPARED]:
        remark(f"{len(unseen):,} people are left out: {UNSEEN}; let a worker catch up")
