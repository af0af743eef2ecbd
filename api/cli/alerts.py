"""`majung alerts`: what cannot wait, listed, told as it happens, and taken on."""

import sys
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from api import wiring
from api.cli.listing import Listing, record
from api.cli.options import NAMED, WORDS, AsOf, Limit, Output, Participant
from api.cli.output import Format, show
from api.cli.serving import stopped_by_signals
from api.cli.values import plain
from api.settings import load_settings
from domain.clock import END_OF_TIME
from projections.alert_list import AlertLine, alert_list
from replay.commands import acknowledging
from replay.queries.alerts import Watcher, everything, looks, standing

Worker = Annotated[
    str | None,
    typer.Option("--worker", parser=NAMED, metavar="NAME", help="Only what reaches this worker, by pseudonym."),
]
All = Annotated[
    bool, typer.Option("--all", help="Also those that were acknowledged, or told too late to alarm anybody.")
]
AlertId = Annotated[UUID, typer.Argument(metavar="EVENT_ID", help="The alert: the id of the event that raised it.")]
By = Annotated[str, typer.Option("--by", parser=NAMED, metavar="NAME", help="Pseudonym of the worker who takes it on.")]
Action = Annotated[
    str,
    typer.Option(
        "--action",
        parser=WORDS,
        metavar="TEXT",
        help="What they do about it, in a few open words: no name, no detail.",
    ),
]

_BRIEF = ("state", "participant_id", "cause", "raised_at", "recipients", "event_id")


def list_alerts(
    worker: Worker = None, as_of: AsOf = None, all: All = False, limit: Limit = None, output: Output = Format.TABLE
) -> None:
    """The alerts that call for somebody: escalated ones first, then the oldest first."""
    with wiring.start(load_settings()) as majung:
        majung.journal.ensure_worker(worker)
        bound = as_of or END_OF_TIME
        found = alert_list(
            everything(majung.journal) if all else standing(majung.journal, bound),
            as_of or majung.now(),
            manager=majung.settings.shift_manager,
            as_of=bound,
            worker=worker,
            everything=all,
        )
    show(output, Listing("alerts", AlertLine._fields, found[:limit], brief=_BRIEF))


def watch(worker: Worker = None) -> None:
    """What is open, then every alert as it is raised, escalates, is acknowledged or withdrawn: JSON lines, until
    SIGTERM or SIGINT."""
    with wiring.start(load_settings()) as majung, stopped_by_signals() as stop:
        majung.journal.ensure_worker(worker)
        watcher = Watcher(majung.journal, majung.now, manager=majung.settings.shift_manager, worker=worker)
        for look in looks(majung.journal, majung.now, stop):
            news = watcher.after(look)
            for line in news.lines if news else ():
                _tell(line)


def acknowledge(
    participant: Participant, alert: AlertId, by: By, action: Action, output: Output = Format.TABLE
) -> None:
    """A worker takes an alert on and says what they do about it: from then on it calls for nobody."""
    with wiring.start(load_settings()) as majung:
        done = acknowledging.acknowledge(majung.journal, participant, alert, actor=by, action=action, now=majung.now())
    show(output, record("acknowledgement", event_id=done.event_id, status=done.status))


def _tell(line: AlertLine) -> None:
    told: dict[str, Any] = {name: plain(value) for name, value in line._asdict().items()}
    sys.stdout.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE).decode())
    sys.stdout.flush()
