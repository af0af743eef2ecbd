"""The versions of an event: told in an older shape, kept as it was told, and read in the present one.

A shape is a class, and the stored names of one event differ in their version alone: `discovery-attempted.v1` and
`discovery-attempted.v2`. The class of an older shape stays beside the present one for ever, with an `upcast` to the
next. So producers may go on sending it, what they tell is stored as they told it, and folds know the present shape
only.

To give an event a new version:
1. Rename its class (`CallPlaced` to `CallPlacedV1`, stored as before), and write the new shape as `CallPlaced`, stored
   as the next version. Where what the old one holds means the same, the field keeps its name, and its seal.
2. Give the old class an `upcast` that changes nothing but the shape: what was not told stays untold.
3. Write its example and its golden file (`python -m tests.golden`). The old golden file stays as it is.
"""

from collections.abc import Iterable
from functools import cache

from domain.touchpoint import Touchpoint

STORED_AS = "stored_as"


def present(event: Touchpoint) -> Touchpoint:
    """The event in the present shape, which every fold reads; itself where it was told so.

    Its `stored_as` is still the name it was told under, and its event id is the same.
    """
    newer = event.upcast()
    if newer is event:
        return event
    while (newest := newer.upcast()) is not newer:
        newer = newest
    # Past BaseModel's own __setattr__: it is no field, and so neither compared nor stored.
    newer.__dict__[STORED_AS] = event.stored_as
    return newer


def is_superseded(kind: type[Touchpoint]) -> bool:
    """Whether a newer shape took the place of this one: it is read for ever and still accepted."""
    return kind.upcast is not Touchpoint.upcast


def event_of(stored_name: str) -> str:
    """The name of the event, without its version."""
    return stored_name.rpartition(".v")[0]


def named(told: str) -> list[str]:
    """The stored names that are meant by one of them, or by the name of an event without its version; none: unknown."""
    return [name for name in Touchpoint.registry if told in (name, event_of(name))]


def versions_of(stored_name: str) -> list[str]:
    """All stored names of the event that this is a stored name of, the oldest first."""
    same = [name for name in Touchpoint.registry if event_of(name) == event_of(stored_name)]
    return sorted(same, key=lambda name: int(name.rpartition(".v")[2]))


def newest_of(stored_name: str) -> str:
    """The stored name of the present shape of this event."""
    return versions_of(stored_name)[-1]


def alike(stored_names: Iterable[str]) -> frozenset[str]:
    """These stored names and all others of the same events: who asks for an event wants it however it was told."""
    return frozenset(name for told in stored_names for name in versions_of(told))


def names_of(kinds: Iterable[type[Touchpoint]]) -> frozenset[str]:
    """Every stored name under which the journal may hold events that are read as these types."""
    return alike(kind.stored_as for kind in kinds)


@cache
def superseded_names() -> frozenset[str]:
    """The stored names of all shapes that a newer one took the place of."""
    return frozenset(name for name, kind in Touchpoint.registry.items() if is_superseded(kind))
