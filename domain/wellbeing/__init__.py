"""Health over time: where somebody began when they entered HEALING, where they are, and which measures are due.

Scores come ready made, from domain.instruments; stages from domain.journey. Nothing is imputed.
Import from here: `from domain.wellbeing import Measure, progress_of`.
"""

from domain.wellbeing.baseline import Baseline, baseline_of
from domain.wellbeing.entry import Entry, entry_of_current_episode, first_entry
from domain.wellbeing.measure import Measure
from domain.wellbeing.population import Follower, OccasionChange, Start, change_since_baseline, start_of
from domain.wellbeing.progress import Progress, progress_of
from domain.wellbeing.schedule import MONTHS, DueOccasion, OccasionState, occasions_of

__all__ = [
    "MONTHS",
    "Baseline",
    "DueOccasion",
    "Entry",
    "Follower",
    "Measure",
    "OccasionChange",
    "OccasionState",
    "Progress",
    "Start",
    "baseline_of",
    "change_since_baseline",
    "entry_of_current_episode",
    "first_entry",
    "occasions_of",
    "progress_of",
    "start_of",
]
