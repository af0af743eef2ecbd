"""Has somebody changed, or did the instrument only measure anew? Reliable change, and clinically important change.

Both answer improved, same or worse; None means not available: nobody published what the answer needs.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Literal, NamedTuple

from domain.instruments import INSTRUMENTS

Verdict = Literal["improved", "same", "worse"]

Z_95 = 1.96
"""The two-sided 95 % point of the normal distribution, as in Jacobson & Truax (1991)."""


class NotAReliability(ValueError):
    """A reliability is at least 0 and below 1, a standard deviation is above 0."""


class Reliability(NamedTuple):
    """How exactly an instrument measures, in whom that was found, and under which version it is cited."""

    instrument: str
    version: str
    reliability: float
    sd: float
    """Standard deviation of the scores before, in the instrument's points."""
    source: str


class Change(NamedTuple):
    """What lies between two scores of one instrument."""

    difference: float
    """After minus before, in the instrument's points."""
    reliable: Verdict | None
    important: Verdict | None


# Warning: a published verdict rests on these. Another figure is another version, and says where it was found.
RELIABILITIES: Mapping[str, Reliability] = {
    found.instrument: found
    for found in (
        Reliability(
            instrument="UCLA-3",
            version="1",
            reliability=0.81,
            sd=1.81,
            source="Cronbach's alpha and SD of 220 people before a lockdown: Hodgetts, Williams & Butler, study 1,"
            " github.com/gpwilliams/covid-gaming at b48d6a48 (CC BY 4.0)",
        ),
    )
}
"""The reliability in use for each instrument; an instrument that is not here has no reliable change."""


def reliable_change(before: float, after: float, *, reliability: float | None, sd: float | None) -> float | None:
    """The reliable change index RC = (after - before) / S_diff; a change is reliable where |RC| > 1.96.

    S_diff = sqrt(2) x SD x sqrt(1 - reliability). None (not available) without a reliability or an SD.
    Source: Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59(1), 12-19.
    """
    if reliability is None or sd is None:
        return None
    return (after - before) / standard_error_of_difference(reliability=reliability, sd=sd)


def standard_error_of_difference(*, reliability: float, sd: float) -> float:
    """S_diff of Jacobson & Truax (1991): how far two scores of an unchanged person spread, in the instrument's points.

    Raises NotAReliability.
    """
    if not (0 <= reliability < 1 and sd > 0):
        raise NotAReliability("give a reliability from 0 to below 1 and a standard deviation above 0")
    return sqrt(2) * sd * sqrt(1 - reliability)


def reliable_beyond(*, reliability: float, sd: float) -> float:
    """How many points a difference must exceed to be reliable: 1.96 x S_diff (UCLA-3: 2.19, thus 3 whole points)."""
    return Z_95 * standard_error_of_difference(reliability=reliability, sd=sd)


def index_of_change(instrument: str, before: float, after: float) -> float | None:
    """The reliable change index under the reliability in use; None for an instrument without one.

    In the instrument's own direction of points: of a scale where less is better, below 0 is a gain.
    """
    found = RELIABILITIES.get(instrument)
    if found is None:
        return None
    return reliable_change(before, after, reliability=found.reliability, sd=found.sd)


_RELIABLE_BEYOND = {
    code: reliable_beyond(reliability=found.reliability, sd=found.sd) for code, found in RELIABILITIES.items()
}


def change(instrument: str, before: float, after: float) -> Change:
    """The change between two scores of an instrument of the catalogue, in the direction the instrument has.

    A change is reliable when it exceeds `reliable_beyond`, and important when it reaches the instrument's
    `important_change`. Raises KeyError for an instrument that has no scores.
    """
    known = INSTRUMENTS[instrument]
    difference = after - before
    gain = difference if known.higher_is_better else -difference
    beyond = _RELIABLE_BEYOND.get(instrument)
    least = known.important_change
    return Change(
        difference,
        None if beyond is None else _verdict(gain, notable=abs(gain) > beyond),
        None if least is None else _verdict(gain, notable=abs(gain) >= least),
    )


def _verdict(gain: float, *, notable: bool) -> Verdict:
    if not notable:
        return "same"
    return "improved" if gain > 0 else "worse"
