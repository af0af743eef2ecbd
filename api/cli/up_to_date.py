"""Bringing the read models up to the journal: by following the log, or by a replay where that is faster."""

from api.cli.messages import bar, remark
from api.wiring import Majung
from replay.rebuild import ledger, rebuild
from replay.rebuild.ledger import READY

_FEW = 5000
_SHARE = 10
"""A replay folds about ten times as many events a second as the worker, which replaces rows person by person."""


def bring_up_to_date(majung: Majung) -> None:
    """Fold what was recorded since; returns when the read models have seen all of it."""
    recorded, behind = majung.lag()
    if behind > _FEW and behind > recorded // _SHARE:
        if _some_rows_wait(majung):
            remark(
                "rows of a replay wait for somebody to decide on them, so the rows that serve follow event by event:"
                " `majung projections list` tells which"
            )
        else:
            fold_anew(majung)
    majung.worker().catch_up()


def _some_rows_wait(majung: Majung) -> bool:
    """Where what a replay found was not expected, no other one lets its rows serve unasked."""
    with majung.database.read() as connection:
        return bool(ledger.in_state(connection, READY))


def remark_if_behind(majung: Majung) -> None:
    """Figures come from the read models: say so where those have not seen everything."""
    if behind := majung.lag().behind:
        remark(f"{behind:,} event(s) are not in this answer yet: keep `majung work` running")


def fold_anew(majung: Majung) -> None:
    """Replay all read models, with a progress bar."""
    with bar("folding", "events") as advance:
        rebuild(majung.journal, majung.models(), advance)
