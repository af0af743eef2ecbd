"""Relationships over time: a person's ties as intervals, their network at a moment, and what changed between two.

Import from here: `from domain.network import ties_of, network_at, change_between`.
"""

from domain.network.change import Change, Overlap, change_between, summed
from domain.network.composition import PROFESSIONAL, Network, network_at, tie_ids_at
from domain.network.intervals import TELLING, Period, Tie, ties_of
from domain.network.shared import NAMES_ANOTHER, Party, SeenKind, SeenPeriod, SeenTie, Teller, may_be_seen, seen_by

__all__ = [
    "NAMES_ANOTHER",
    "PROFESSIONAL",
    "TELLING",
    "Change",
    "Network",
    "Overlap",
    "Party",
    "Period",
    "SeenKind",
    "SeenPeriod",
    "SeenTie",
    "Teller",
    "Tie",
    "change_between",
    "may_be_seen",
    "network_at",
    "seen_by",
    "summed",
    "tie_ids_at",
    "ties_of",
]
