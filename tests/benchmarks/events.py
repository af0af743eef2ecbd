"""What is measured with: the synthetic population's mix of journeys and contacts, each event told once."""

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from consumers.simulation import population
from domain.touchpoint import Touchpoint

SEED = 1
NOTE = "Spoke of the evenings: long, and the phone silent. Would come to the cooking group on Thursday."


def realistic(events: int) -> Iterator[Touchpoint]:
    """So many events, about three in ten with sealed fields, in the order in which a journal hears of them."""
    return islice(_each_once(int(events * 1.02) + 100), events)


def none_sealed(events: int) -> Iterator[Touchpoint]:
    """The same mix without notes and without the types that cannot do without sealed fields."""
    bare = (event.replaced(note=None) for event in _each_once(int(events * 1.5) + 100))
    return islice((event for event in bare if not is_sealed(event)), events)


def half_sealed(events: Sequence[Touchpoint]) -> list[Touchpoint]:
    """The same events, as many given a note as it takes for exactly half to have sealed fields."""
    open_ones = [index for index, event in enumerate(events) if not is_sealed(event)]
    noted = set(Random(SEED).sample(open_ones, len(open_ones) - len(events) // 2))
    return [event.replaced(note=NOTE) if index in noted else event for index, event in enumerate(events)]


def is_sealed(event: Touchpoint) -> bool:
    _, hidden = event.parts()
    return bool(hidden)


def told_anew(events: Sequence[Touchpoint]) -> list[Touchpoint]:
    """The same events as a producer would hand them over: validated, and nothing derived from them yet."""
    return [event.replaced() for event in events]


def _each_once(events: int) -> Iterator[Touchpoint]:
    """The simulation redelivers a few events; a yardstick cannot take them."""
    seen = set()
    for batch in population(events, SEED):
        for event in batch.events:
            if event.event_id not in seen:
                seen.add(event.event_id)
                yield event
