"""Bringing the read models up to the journal: by following the log, or by a replay where that is faster."""

from api.cli.messages import bar, remark
from api.wiring import Majung
from replay.rebuild import rebuild

_FEW = 5000
_SHARE = 10
"""A replay folds about ten times as many events a second as the worker, which replaces rows person by person."""


def bring_up_to_date(majung: Majung) -> None:
    """Fold what was recorded since; returns when the read models have seen all of it."""
    recorded, behind = majung.lag()
    if behind > _FEW and behind > recorded // _SHARE:
        fold_anew(majung)
    majung.worker().catch_up()


def remark_if_behind(majung: Majung) -> None:
    """Figures come from the read models: say so where those have not seen everything."""
    if behind := majung.lag().behind:
        remark(f"{behind:,} event(s) are not in this answer yet: keep `majung work` running")


def fold_anew(majung: Majung) -> None:
    """Replay all read models, with a progress bar."""
    with bar("folding", "events") as advance:
        rebuild(majung.journal, majung.models(), advance)
