"""What changed between two moments: ties formed, ended and kept, Hamming distance and Jaccard index.

Two networks are compared as they stand at the two moments. A tie that ended between them and came back is kept.
"""

from collections.abc import Iterable, Set
from typing import NamedTuple


class Overlap(NamedTuple):
    """How many ties two networks have in common, and how many not; of a population, the sums over its people."""

    formed: int
    """There at the later moment only."""
    ended: int
    """There at the earlier moment only."""
    kept: int
    """There at both."""

    @property
    def before(self) -> int:
        """The size at the earlier moment."""
        return self.kept + self.ended

    @property
    def after(self) -> int:
        """The size at the later moment."""
        return self.kept + self.formed

    @property
    def hamming(self) -> int:
        """The number of ties to form or end to make one network of the other."""
        return self.formed + self.ended

    @property
    def jaccard(self) -> float | None:
        """Ties at both moments / ties at either (Jaccard 1901).

        None where there was no tie at either moment: 0 / 0. Calling it 1 would make of those who have nobody the people
        with the most stable networks; calling it 0, of those who lost nobody the least stable.
        """
        either = self.formed + self.ended + self.kept
        return self.kept / either if either else None


class Change(NamedTuple):
    """The ties themselves, of one person."""

    formed: frozenset[str]
    ended: frozenset[str]
    kept: frozenset[str]

    @property
    def overlap(self) -> Overlap:
        return Overlap(len(self.formed), len(self.ended), len(self.kept))


def change_between(before: Set[str], after: Set[str]) -> Change:
    """What changed from the ties of one moment to those of a later one."""
    return Change(frozenset(after - before), frozenset(before - after), frozenset(before & after))


def summed(overlaps: Iterable[Overlap]) -> Overlap:
    """Over several people. A tie is counted as the directed pair ego -> tie, so nobody's ties meet another's: the ties
    of two people who name each other are two."""
    found = list(overlaps)
    return Overlap(sum(o.formed for o in found), sum(o.ended for o in found), sum(o.kept for o in found))
