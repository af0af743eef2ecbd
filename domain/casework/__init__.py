"""Casework: who is responsible for whom, whom somebody worries about, who lives together, who has whom on their shift.

Import from here: `from domain.casework import assignments_of`.
"""

from domain.casework.assignments import ASSIGNING, Assignment, assigned_at, assignments_of
from domain.casework.concerns import CLOSED, FOLLOWED, Concern, Period, State, concerns_of
from domain.casework.households import MOVING, Residence, residences_of
from domain.casework.shifts import HANDING_OVER, SHIFT_ENDS_AFTER, Shift, shifts_of

__all__ = [
    "ASSIGNING",
    "CLOSED",
    "FOLLOWED",
    "HANDING_OVER",
    "MOVING",
    "SHIFT_ENDS_AFTER",
    "Assignment",
    "Concern",
    "Period",
    "Residence",
    "Shift",
    "State",
    "assigned_at",
    "assignments_of",
    "concerns_of",
    "residences_of",
    "shifts_of",
]
