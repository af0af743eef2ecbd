"""What somebody is to do for a person, when, and why: promises, referrals left open, self-checks, silence, lapsed
consent.

loops.py finds what was begun and not finished, silence.py who was not heard of, lapses.py whose consent is to be asked
for again, withholding.py whom nobody may call; figures.py has the days.
Import from here: `from domain.follow_ups import follow_ups_of`.
"""

from domain.follow_ups.figures import VERSION_1, Figures
from domain.follow_ups.fold import follow_ups_of
from domain.follow_ups.follow_up import DATED, FollowUp, Kind

__all__ = ["DATED", "VERSION_1", "Figures", "FollowUp", "Kind", "follow_ups_of"]
