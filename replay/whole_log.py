"""The whole log, component by component: what a replay folds, and what rules are tried on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from uuid import UUID

from domain.history import Recorded
from replay.journal import Journal
from replay.lens import Lens
from replay.reading import bounds

EVENTS_AT_ONCE = 10_000
"""Events read at once, and whose rows are written at once: what bounds the memory of a process, however long the log,
and how long SQLite's writer waits."""
TEACHING = EVENTS_AT_ONCE // 20
"""Events of the first range: few, since each is read whole until the lens knows what is asked for."""

Progress = Callable[[int, int], None]
"""Called with the events done and the events in all."""


class WholeLog:
    """Everybody's events, each person's decoded when their turn comes, as far as somebody reads it."""

    def __init__(self, journal: Journal, progress: Progress) -> None:
        self._database = journal.database
        self._reader = journal.reader
        self._lens = Lens(journal.vault)
        self._progress = progress
        self.events = 0
        """How many were read so far."""

    def components(
        self, heads: Mapping[int, int], linked: Mapping[UUID, UUID]
    ) -> Iterator[tuple[UUID, list[Recorded]]]:
        """The root of every component with its events; `linked` tells the root of everybody who is linked.

        `heads` are the last positions by shard; what is recorded meanwhile may be among the events too. Members of one
        component may lie in different ranges or shards: they are kept until the end.
        """
        total = sum(heads.values())
        self._progress(0, total)
        apart: dict[UUID, list[Recorded]] = {}
        for shard, after, until in self._ranges(heads):
            with self._database.read() as connection:
                streams = self._reader.range(connection, shard, after, until, self._lens)
            for person, stream in streams:
                self.events += len(stream)
                if person in linked:
                    apart.setdefault(linked[person], []).extend(stream)
                else:
                    yield person, stream
            self._progress(min(self.events, total), total)
        yield from apart.items()

    def _ranges(self, shards: Iterable[int]) -> Iterator[tuple[int, bytes | None, bytes]]:
        for shard in shards:
            with self._database.read() as connection:
                uppers = list(bounds(self._database, connection, shard, EVENTS_AT_ONCE, first=TEACHING))
            for after, until in zip([None, *uppers], uppers, strict=False):
                yield shard, after, until
