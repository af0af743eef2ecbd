"""Alerts as the journal has them now, and following them: exact at every position, however far the worker has come.

Rows of whom nothing was recorded since are taken from the read model; the others are folded from the journal in the
same snapshot. So an alert is told as soon as it is recorded, also while no worker runs, and the alerts of an earlier
position can be told as they were: that lets a watcher who was away go on without loss or repetition.

Somebody who is held has alerts all the same: from those of their events that read. An alert whose own event does not
stays as it was: one too many costs a call, and one too few is somebody whom nobody calls.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import chain
from threading import Event
from typing import Any, NamedTuple, Self
from uuid import UUID
from zlib import crc32

from sqlalchemy import Connection, Table, select

from domain.alerts import WATCHED
from domain.clock import END_OF_TIME, from_microseconds, to_microseconds
from domain.components import in_force, roots
from domain.history import SPECIAL, history_of, links_of
from domain.versions import names_of
from projections.alert_list import AlertLine, Telling
from projections.alerts import AlertRow, alerts, all_rows, calling_rows, standing_rows
from replay.database import portions
from replay.identities import streams_ever_linked
from replay.journal import Journal
from replay.live import generations, held
from replay.live.held import CannotBeFolded, folding
from replay.reading import Unreadable
from replay.tables import heads
from replay.tables import journal as log
from replay.wake import Wake

_TOPICS = sorted(names_of(WATCHED | SPECIAL))
"""Whatever may change an alert."""

Positions = tuple[int, ...]
Now = Callable[[], datetime]
Stored = Callable[[Connection, Table], Iterator[AlertRow]]
"""Which rows of the read model are looked at."""

FARTHEST_BEHIND = 100_000
"""How many events of the journal a watcher may have missed and still go on where they were: for what was known then
everybody of whom something was recorded since is folded again. A convention of ours.
"""


class Mark(NamedTuple):
    """A point of the journal and of the clock: what a watcher was told of is told by the two."""

    at: datetime
    positions: Positions
    calling: int
    """The CRC-32 of the ids of all that called for somebody then: what the journal says of that point later need not be
    the same, since of somebody held events may read again, or no more."""

    def write(self) -> str:
        return ".".join(map(str, (to_microseconds(self.at), self.calling, *self.positions)))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what `write` never gives."""
        if not re.fullmatch(r"\d{1,17}\.\d{1,10}(\.\d{1,18})+", text, re.ASCII):
            return None
        at, calling, *positions = map(int, text.split("."))
        return cls(from_microseconds(at), tuple(positions), calling)


class Look(NamedTuple):
    """The alerts that call for somebody at a mark, by event id."""

    mark: Mark
    calling: Mapping[UUID, AlertRow]
    held: tuple[Any, ...]
    """As `replay.live.held.marks` tells it."""


def everything(journal: Journal) -> list[AlertRow]:
    """Every alert there ever was, as known now."""
    with journal.database.read() as connection:
        return list(_at(connection, journal, _heads(connection), all_rows).values())


def standing(journal: Journal, as_of: datetime = END_OF_TIME) -> list[AlertRow]:
    """All that called for somebody at a moment, as known now, and some others. END_OF_TIME: now, with all that the
    journal holds.
    """

    def stored(connection: Connection, table: Table) -> Iterator[AlertRow]:
        return standing_rows(connection, table, as_of)

    with journal.database.read() as connection:
        return list(_at(connection, journal, _heads(connection), stored).values())


def look(journal: Journal, now: Now) -> Look:
    """The alerts that call for somebody now."""
    at = now()
    with journal.database.read() as connection:
        positions = _heads(connection)
        calling = _calling(_at(connection, journal, positions, calling_rows))
        return Look(Mark(at, positions, _number(calling)), calling, held.marks(connection))


def looks(journal: Journal, now: Now, stop: Event) -> Iterator[Look]:
    """A look at once, and another whenever something is recorded, an alert escalates, or somebody held is tried again,
    until `stop` is set.

    Asleep meanwhile: a stop is noticed within two seconds.
    """
    woken = Event()
    wake = Wake(journal.database, woken.set)
    wake.start()
    last: Look | None = None
    try:
        while not stop.is_set():
            woken.clear()
            if last is None or _moved_on(journal, now, last):
                last = look(journal, now)
                yield last
            woken.wait(_seconds_to_escalation(last, now()))
    finally:
        wake.stop()


def _moved_on(journal: Journal, now: Now, last: Look) -> bool:
    escalates_at = _next_escalation(last)
    if escalates_at is not None and escalates_at <= now():
        return True
    with journal.database.read() as connection:
        return (_heads(connection), held.marks(connection)) != (last.mark.positions, last.held)


def _next_escalation(last: Look) -> datetime | None:
    ahead = (row.escalates_at for row in last.calling.values() if row.escalates_at > last.mark.at)
    return min(ahead, default=None)


def _seconds_to_escalation(last: Look, at: datetime) -> float | None:
    escalates_at = _next_escalation(last)
    return None if escalates_at is None else max(0.0, min((escalates_at - at).total_seconds(), _LONGEST_WAIT_SECONDS))


_LONGEST_WAIT_SECONDS = 3600.0
"""A wait has an upper bound that the platform sets; an alert of a clock far ahead may be years away."""


class News(NamedTuple):
    """What a watcher is to be told, and the mark from which it goes on when this was its last."""

    mark: Mark
    lines: Sequence[AlertLine]
    goes_on: bool = False
    """Of the first: only what changed since the mark that was given, and not all that is open."""


class Watcher:
    """One who is told of alerts: each change once, from what is open or from where they were told last."""

    def __init__(self, journal: Journal, now: Now, *, manager: str, worker: str | None = None) -> None:
        self._journal = journal
        self._now = now
        self._telling = Telling(manager, worker)
        self.mark: Mark | None = None
        """Up to where they were told everything."""

    def begin(self, since: Mark | None = None) -> News:
        """All that is open, or what changed since a mark. A mark that this journal cannot have, or that is too far
        behind, begins anew; so does one since which something was recorded of somebody whose events do not read, or
        events of somebody held have come to read.
        """
        found = look(self._journal, self._now)
        if since is not None and _is_past(since, found.mark) and _events_between(since, found.mark) <= FARTHEST_BEHIND:
            with self._journal.database.read() as connection:
                seen = _seen(connection, self._journal, since.positions, calling_rows)
            before = _calling(seen.rows)
            if seen.is_known and _number(before) == since.calling:
                self._telling.assume(before, since.at)
                return self._news(found)._replace(goes_on=True)
        return self._news(found)

    def after(self, found: Look) -> News | None:
        """What a look brings; None where it was taken before the last one."""
        if self.mark is not None:
            if not _is_past(self.mark, found.mark):
                return None
            if found.mark.at < self.mark.at:
                # Which of the two is the newer, positions do not tell of those who are held.
                found = look(self._journal, self._now)
        return self._news(found)

    def _news(self, found: Look) -> News:
        # The clock is read before the journal, so that of two looks the newer may have the earlier time by a little.
        at = max(found.mark.at, self.mark.at) if self.mark else found.mark.at
        self.mark = mark = found.mark._replace(at=at)

        def find(event_ids: set[UUID]) -> Mapping[UUID, AlertRow]:
            with self._journal.database.read() as connection:
                return _at(connection, self._journal, mark.positions, partial(_and_these, event_ids))

        return News(mark, self._telling.news(found.calling, at, find))


def _is_past(since: Mark, present: Mark) -> bool:
    if len(since.positions) != len(present.positions):
        return False
    return all(then <= now for then, now in zip(since.positions, present.positions, strict=True))


def _events_between(since: Mark, present: Mark) -> int:
    return sum(now - then for then, now in zip(since.positions, present.positions, strict=True))


def _calling(found: Mapping[UUID, AlertRow]) -> dict[UUID, AlertRow]:
    return {event_id: row for event_id, row in found.items() if row.calls}


def _number(calling: Iterable[UUID]) -> int:
    return crc32(b"".join(sorted(event_id.bytes for event_id in calling)))


def _heads(connection: Connection) -> Positions:
    return tuple(connection.scalars(select(heads.c.position).order_by(heads.c.shard)))


def _and_these(event_ids: Collection[UUID], connection: Connection, table: Table) -> Iterator[AlertRow]:
    return chain.from_iterable(calling_rows(connection, table, some) for some in portions(list(event_ids)))


def _at(connection: Connection, journal: Journal, positions: Positions, stored: Stored) -> dict[UUID, AlertRow]:
    return _seen(connection, journal, positions, stored).rows


class _Seen(NamedTuple):
    rows: dict[UUID, AlertRow]
    is_known: bool
    """Not where rows may tell more than these positions: of somebody who does not read whole something came later."""


def _seen(connection: Connection, journal: Journal, positions: Positions, stored: Stored) -> _Seen:
    """The alerts as they were at these positions: those that the read model gives by `stored`, and all of everybody of
    whom the worker or these positions had not seen everything.
    """
    [live] = generations.live(connection, [alerts])
    unseen = held.told_since(connection, journal.shards, _TOPICS)
    touched = set(unseen.values())
    later: dict[UUID, UUID] = {}
    for shard, position in enumerate(positions):
        reached = generations.position_of(connection, live, shard)
        start = min(position, reached)
        query = select(log.c.participant_id, log.c.event_id, log.c.position)
        since = query.where(log.c.shard == shard, log.c.position > start, log.c.topic.in_(_TOPICS))
        for participant_id, event_id, told_at in connection.execute(since):
            touched.add(participant_id)
            if told_at > position:
                later[event_id] = participant_id
            if told_at > reached:
                unseen[event_id] = participant_id
    found = _folded(connection, journal, live.table, touched, later.keys(), unseen.keys())
    kept = {row.event_id: row for row in stored(connection, live.table) if row.event_id not in found.read}
    return _Seen(kept | found.rows, found.whole.issuperset(later.values()))


class _Folded(NamedTuple):
    rows: dict[UUID, AlertRow]
    read: set[UUID]
    """All events of those whose rows these are: of any other the rows that there are stay."""
    whole: set[UUID]
    """Of whom everything reads."""


def _folded(
    connection: Connection,
    journal: Journal,
    table: Table,
    touched: Collection[UUID],
    later: Collection[UUID],
    unseen: Collection[UUID],
) -> _Folded:
    """The alerts of these people and of whoever ever was linked to them, without the events that came later.

    Of whom something does not read, with everybody who is one person with them, they are made of what does, as
    `_as_far_as_read` says; who does not fold is left out.
    """
    found = _Folded({}, set(), set())
    for some in portions(sorted(touched)):
        unreadable: Unreadable = {}
        streams = streams_ever_linked(connection, journal.reader, some, unreadable)
        streams |= journal.reader.readable(connection, unreadable)
        known = {person: [told for told in stream if told.event_id not in later] for person, stream in streams.items()}
        links = [link for stream in known.values() for link in links_of(stream)]
        together = roots((link.one, link.other) for link in in_force(links))
        components: dict[UUID, set[UUID]] = {}
        for person in known:
            components.setdefault(together.get(person, person), set()).add(person)
        for root, identities in components.items():
            recorded = [told for person in sorted(identities) for told in known[person]]
            read = {told.event_id for person in identities for told in streams[person]}
            # Whoever is held is told of by the worker, and where they are asked for.
            with suppress(CannotBeFolded), folding():
                rows = {row.event_id: row for row in alerts.fold(history_of(root, recorded, links=links))}
                if identities.isdisjoint(unreadable):
                    found.whole.update(identities)
                else:
                    before = {row.event_id: row for row in _stored(connection, table, list(rows))}
                    rows = _as_far_as_read(rows, before, read, unseen)
                found.rows.update(rows)
                found.read.update(read)
    return found


def _stored(connection: Connection, table: Table, event_ids: Sequence[UUID]) -> Iterator[AlertRow]:
    for some in portions(event_ids):
        for row in connection.execute(select(table).where(table.c.event_id.in_(some))):
            yield AlertRow(*row)


def _as_far_as_read(
    rows: Mapping[UUID, AlertRow], before: Mapping[UUID, AlertRow], read: Collection[UUID], unseen: Collection[UUID]
) -> dict[UUID, AlertRow]:
    """Of alerts that were made of a part of somebody's events those that hold.

    What the rows of before had seen and is none there was voided; what is closed there by something that does not read
    stays closed.
    """
    found = {}
    for event_id, row in rows.items():
        old = before.get(event_id)
        if old is None:
            if event_id in unseen:
                found[event_id] = row
        elif old.acknowledgement is None or old.acknowledgement in read:
            found[event_id] = row
        else:
            found[event_id] = old
    return found
