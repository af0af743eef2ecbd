"""Ties between two tracked people, a healing activist and those they help: seen from both sides while both consent."""

from uuid import UUID

from consumers.simulation.diary import Diary
from consumers.simulation.scenario import ACTIVISTS
from domain.codes import ConsentScope, TieKind
from domain.events import ConsentGiven, ConsentWithdrawn, TieEnded, TieReported

_FIRST_HELPED, _APART = 10, 30
"""Of the people in care every 30th is helped by an activist of their own."""
_FROM = 80
"""By then the first activists are trained."""
_SHARE = (ConsentScope.SHARE,)


def helper_of(number: int) -> int | None:
    """Which activist helps the person of this number, counted from 0; None: nobody."""
    activist, rest = divmod(number - _FIRST_HELPED, _APART)
    return activist if rest == 0 and 0 <= activist < ACTIVISTS else None


def be_helped(diary: Diary, start: int, activist: int, activist_id: UUID) -> None:
    """They tell of the tie; nine of ten consent to share, some withdraw later, and some ties end."""
    met = max(start + 30, _FROM)
    tie = f"tie-{diary.person.number}-activist"
    if activist % 10 != 9:
        diary.add(met, ConsentGiven, scopes=_SHARE, text_version="2025-03")
    diary.add(
        met + 2,
        TieReported,
        tie_id=tie,
        kind=TieKind.ACTIVIST,
        closeness=diary.between(2, 4),
        contacts_per_month=diary.between(1, 6),
        formed=True,
        alter_id=activist_id,
    )
    if activist % 6 == 5:
        diary.add(met + 90, ConsentWithdrawn, scopes=_SHARE)
    if activist % 7 == 6:
        diary.add(met + 120, TieEnded, tie_id=tie)


def consent_to_help(diary: Diary, trained: int) -> None:
    """An activist consents to be seen in the network of whom they help."""
    diary.add(trained, ConsentGiven, scopes=_SHARE, text_version="2025-03")
