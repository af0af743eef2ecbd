"""Which of two facts came later, where either may be known by its day or its month only."""

from domain.clock import day_of
from domain.codes import Precision
from domain.history import Fact


def clearly_after(later: Fact, earlier: Fact) -> bool:
    """Later in time; where either is known by its day or month only, in a later day or month.

    The last session and the end of a journey often bear the same bare date; that is no coming back.
    """
    if later.occurred_at <= earlier.occurred_at:
        return False
    precisions = later.event.precision, earlier.event.precision
    if precisions == _INSTANTS:
        return True
    after, before = day_of(later.occurred_at), day_of(earlier.occurred_at)
    if _MONTH in precisions:
        return (after.year, after.month) > (before.year, before.month)
    return after > before


_MONTH, _INSTANTS = Precision.MONTH, (Precision.INSTANT, Precision.INSTANT)
