"""A person's network at a moment: how many ties, of which kinds, how close, how often in contact."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from domain.codes import TieKind
from domain.network.intervals import Tie

PROFESSIONAL = frozenset({TieKind.WORKER, TieKind.ACTIVIST})
"""Ties of the programme; all others are of a person's own life."""


class Network(NamedTuple):
    """The ties in force at a moment. Of an empty network there is no share and no mean: None, which is not 0."""

    size: int
    kinds: Mapping[TieKind, int]
    """How many of each kind; every kind is there, in the order of the code list."""
    professional: int
    """How many are workers or activists."""
    professional_share: float | None
    """`professional` / `size`."""
    mean_closeness: float | None
    """1 to 5, over the ties whose closeness was told; None: of no tie."""
    closeness_told: int
    """Of how many ties it was told."""
    contacts_per_month: float | None
    """Sum over the ties of which it was told, hence a lower bound; None: of no tie."""
    contacts_told: int


def network_at(ties: Iterable[Tie], moment: datetime) -> Network:
    """The network of one person at a moment: the ties with since <= moment < until."""
    periods = [period for tie in ties if (period := tie.at(moment)) is not None]
    counts = Counter(period.kind for period in periods)
    professional = sum(counts[kind] for kind in PROFESSIONAL)
    closeness = [period.closeness for period in periods if period.closeness is not None]
    contacts = [period.contacts_per_month for period in periods if period.contacts_per_month is not None]
    return Network(
        size=len(periods),
        kinds={kind: counts[kind] for kind in TieKind},
        professional=professional,
        professional_share=professional / len(periods) if periods else None,
        mean_closeness=sum(closeness) / len(closeness) if closeness else None,
        closeness_told=len(closeness),
        contacts_per_month=sum(contacts) if contacts else None,
        contacts_told=len(contacts),
    )


def tie_ids_at(ties: Iterable[Tie], moment: datetime) -> frozenset[str]:
    """The ties of one person that are there at a moment: at most one interval of each is."""
    return frozenset(tie.tie_id for tie in ties if tie.at(moment) is not None)
