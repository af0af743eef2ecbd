"""`majung parked`: messages that did not become facts, why, and what is done about them."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from api import wiring
from api.cli.exits import ExitCode
from api.cli.listing import Listing, record
from api.cli.messages import bar, remark
from api.cli.options import By, Limit, Output, checked
from api.cli.output import Format, show
from api.commands import Reason
from api.settings import load_settings
from api.wiring import Majung
from replay.database import portions
from replay.messages import parked
from replay.messages.parked import AlreadyDecided, Parked, ParkedBytesGone

_MOST = 2**63 - 1
"""What a database takes as a number."""
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=_MOST, help="A number of `majung parked list`.")]
Numbers = Annotated[
    list[int] | None,
    typer.Argument(
        metavar="[NUMBER]...", min=1, max=_MOST, help="Numbers of `majung parked list`.", show_default=False
    ),
]
OneOrAll = Annotated[
    int | None,
    typer.Argument(metavar="[NUMBER]", min=1, max=_MOST, help="A number of `majung parked list`.", show_default=False),
]
All = Annotated[bool, typer.Option("--all", help="Also those that were retried or discarded.")]
Code = Annotated[str | None, typer.Option(metavar="CODE", help="Only those that were parked for this reason.")]
DecideAll = Annotated[bool, typer.Option("--all", help="All that are parked; with --code, for that reason.")]
Why = Annotated[
    str,
    typer.Option(
        "--reason",
        parser=checked(Reason, "say why, in at most 2,000 characters"),
        metavar="TEXT",
        help="Why; stored sealed.",
    ),
]

_BRIEF = ("id", "state", "code", "recorded_at", "message")


def list_parked(every: All = False, code: Code = None, limit: Limit = None, output: Output = Format.TABLE) -> None:
    """The messages that wait for a decision, the oldest first, and why each was parked; nothing of what they hold."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        rows = parked.list_parked(connection, None if every else "parked", code, limit)
    show(output, Listing("parked", Parked._fields, rows, brief=_BRIEF))


def show_parked(number: Number, output: Output = Format.TABLE) -> None:
    """One parked message with its key, headers and value as they came. They may name people."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        found = parked.find_parked(connection, number)
        reason = parked.open_reason(connection, majung.journal.vault, number)
        content = _content(majung, connection, number)
    show(output, record("message", **found._asdict(), reason=reason, **content))


def retry(
    by: By, numbers: Numbers = None, every: DecideAll = False, code: Code = None, output: Output = Format.TABLE
) -> None:
    """Read parked messages again and record what can be recorded now, as after an upgrade; the rest stays parked."""
    # Only here: no other command of these pays for the client.
    from consumers.kafka.retrying import Retry
    from consumers.kafka.retrying import retry as retry_one

    _ensure_named(bool(numbers), every, code)
    with wiring.start(load_settings()) as majung:
        majung.journal.ensure_worker(by)
        skew = majung.settings.future_skew
        done: list[Retry] = []
        try:
            for number in dict.fromkeys(numbers or _waiting(majung, code)):
                done.append(retry_one(majung.journal, number, by=by, now=majung.journal.clock(), skew=skew))
        except Exception:
            # It is done, whatever became of the next one.
            if done:
                show(output, Listing("retried", Retry._fields, done))
            raise
    show(output, Listing("retried", Retry._fields, done))
    if not all(one.is_settled for one in done):
        raise typer.Exit(ExitCode.FINDINGS)


def discard(
    reason: Why,
    by: By,
    number: OneOrAll = None,
    every: DecideAll = False,
    code: Code = None,
    output: Output = Format.TABLE,
) -> None:
    """Nothing shall come of a parked message, or of all: they stay listed with who decided that, and are never
    recorded.
    """
    _ensure_named(number is not None, every, code)
    with wiring.start(load_settings()) as majung:
        majung.journal.ensure_worker(by)
        now = majung.journal.clock()
        with majung.database.write() as connection:
            parked.remove_expired(connection, now)
        decided = {"state": "discarded", "decided_by": by, "decided_at": now}
        if number is not None:
            with majung.database.write() as connection:
                parked.discard(connection, majung.journal.vault, number, reason=reason, by=by, now=now)
            found = record("discarded", id=number, **decided)
        else:
            found = record("discarded", messages=_discard_all(majung, code, reason, by, now), code=code, **decided)
    show(output, found)


def _discard_all(majung: Majung, code: str | None, reason: str, by: str, now: datetime) -> int:
    """Those that wait, some at a time, so that others may write meanwhile; returns how many."""
    waiting = _waiting(majung, code)
    seen = done = 0
    with bar("discarding", "messages") as advance:
        for some in portions(waiting):
            with majung.database.write() as connection:
                for number in some:
                    # Whoever has decided about one meanwhile has decided.
                    with suppress(AlreadyDecided):
                        parked.discard(connection, majung.journal.vault, number, reason=reason, by=by, now=now)
                        done += 1
            seen += len(some)
            advance(seen, len(waiting))
    return done


def _ensure_named(is_named: bool, every: bool, code: str | None) -> None:
    if is_named == every:
        raise typer.BadParameter("name the numbers of messages, or --all")
    if code is not None and not every:
        raise typer.BadParameter("--code goes with --all")


def _waiting(majung: Majung, code: str | None) -> list[int]:
    with majung.database.read() as connection:
        return parked.waiting(connection, code)


def _content(majung: Majung, connection: Connection, number: int) -> dict[str, Any]:
    """Key, headers and value as text; nothing of them after their time."""
    try:
        raw = parked.open_raw(connection, majung.journal.vault, number, majung.journal.clock())
    except ParkedBytesGone as gone:
        remark(str(gone))
        return {"key": None, "headers": None, "value": None}
    headers = [[_text(name.encode(errors="surrogateescape")), _text(value)] for name, value in raw.headers]
    return {"key": _text(raw.key), "headers": headers, "value": _text(raw.value)}


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode(errors="backslashreplace")
