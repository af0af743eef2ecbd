"""How far the streams of a shard had come when this process last appended to it.

A batch is appended at the end of many streams, and looking for every end is a third of its time on PostgreSQL. Whoever
holds the head of a shard, and finds it as its own last append left it, knows that nobody appended there since.
"""

from collections.abc import Mapping
from typing import NamedTuple

MOST_PEOPLE = 100_000
"""Of so many people at most it is kept: some 20 MB."""


class Head(NamedTuple):
    """Where the log of a shard ends: its last position and the journal time of it, in microseconds since 1970."""

    position: int
    recorded_at: int


class _Shard(NamedTuple):
    head: Head
    versions: dict[bytes, int]


class LastVersions:
    """The last version of each stream, by shard, as of the head at which it was the last. For several threads.

    What is kept as of a head is whole before it can be asked for as of that one, and nobody asks for it as of an
    earlier one who holds the head: so one thread may keep what another has.
    """

    def __init__(self) -> None:
        self._shards: dict[int, _Shard] = {}

    def at(self, shard: int, head: Head) -> Mapping[bytes, int]:
        """The last versions that are known as of this head, which the caller holds; others may be asked for."""
        known = self._shards.get(shard)
        return known.versions if known is not None and known.head == head else {}

    def keep(self, shard: int, before: Head, after: Head, versions: Mapping[bytes, int]) -> None:
        """Keep what an append made of these streams, once it is committed: it found the one head, and left the other.

        With too many people nothing is kept of any but these.
        """
        known = self._shards.get(shard)
        versions = dict(versions)
        if known is not None and known.head == before:
            known.versions.update(versions)
            versions = known.versions
        self._shards[shard] = _Shard(after, versions)
        if sum(len(kept.versions) for kept in list(self._shards.values())) > MOST_PEOPLE:
            self._shards.clear()
