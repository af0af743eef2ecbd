"""`majung handover`: what the next shift must know, and giving it to them."""

from typing import Annotated

import typer

from api import wiring
from api.cli.caseload import Command, TheWorker
from api.cli.listing import Listing, record
from api.cli.options import NAMED, AsOf, By, Output
from api.cli.output import Format, show
from api.cli.up_to_date import remark_if_behind
from api.settings import load_settings
from projections.handover import OpenItem
from replay.commands import casework

Giver = Annotated[str, typer.Option("--from", parser=NAMED, metavar="NAME", help="Pseudonym of the worker who leaves.")]
Receiver = Annotated[
    str, typer.Option("--to", parser=NAMED, metavar="NAME", help="Pseudonym of the worker who takes over.")
]

_BRIEF = ("participant_id", "kind", "since", "overdue", "says")


def show_handover(worker: TheWorker, as_of: AsOf = None, output: Output = Format.TABLE) -> None:
    """What is open for everybody who is assigned to a worker or was handed over to them; as known now."""
    with wiring.start(load_settings()) as majung:
        majung.journal.ensure_worker(worker)
        remark_if_behind(majung)
        moment = as_of or majung.now()
        with majung.database.read() as connection:
            found = casework.handover_at(connection, worker, moment)
    show(output, Listing("handover", OpenItem._fields, found.items, brief=_BRIEF))


def give(giver: Giver, receiver: Receiver, by: By, command: Command = None, output: Output = Format.TABLE) -> None:
    """Hand everybody with something open over to another worker, for 24 hours at most."""
    with wiring.start(load_settings()) as majung:
        remark_if_behind(majung)
        done = casework.hand_over(
            majung.journal,
            giver=giver,
            receiver=receiver,
            actor=by,
            now=majung.now(),
            command_id=str(command) if command else None,
        )
    show(output, record("handover", people=done.people, items=done.items, status=done.status))
