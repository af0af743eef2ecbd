"""`majung caseload`: whom a worker is assigned to, and assigning a worker or taking that back."""

from typing import Annotated
from uuid import UUID

import typer

from api import wiring
from api.cli.listing import Listing, record
from api.cli.options import NAMED, WORDS, AsOf, By, Output, Participant
from api.cli.output import Format, show
from api.cli.up_to_date import remark_if_behind
from api.settings import load_settings
from projections.caseload import Case
from replay.commands import casework
from replay.journal import CarriedOut

TheWorker = Annotated[str, typer.Argument(metavar="WORKER", parser=NAMED, help="A worker's pseudonym.")]
Worker = Annotated[
    str, typer.Option("--worker", parser=NAMED, metavar="NAME", help="Pseudonym of the worker who has the role.")
]
Role = Annotated[str, typer.Option("--role", parser=WORDS, metavar="TEXT", help="The role: case manager, nurse.")]
Command = Annotated[
    UUID | None,
    typer.Option("--command", metavar="ID", help="A new UUID for the command, so that telling it again is safe."),
]

_BRIEF = ("participant_id", "roles", "stage", "open_follow_ups", "overdue")


def show_caseload(worker: TheWorker, as_of: AsOf = None, output: Output = Format.TABLE) -> None:
    """Everybody who is assigned to a worker, with their stage and what is open; as known now."""
    with wiring.start(load_settings()) as majung:
        majung.journal.ensure_worker(worker)
        remark_if_behind(majung)
        moment = as_of or majung.now()
        with majung.database.read() as connection:
            found = casework.caseload_at(connection, worker, moment)
    show(output, Listing("caseload", Case._fields, found, brief=_BRIEF))


def assign(
    participant: Participant, worker: Worker, role: Role, by: By, command: Command = None, output: Output = Format.TABLE
) -> None:
    """Give a worker a role for a person. Who has it already is a duplicate."""
    with wiring.start(load_settings()) as majung:
        done = casework.assign(
            majung.journal,
            participant,
            worker=worker,
            role=role,
            actor=by,
            now=majung.now(),
            command_id=str(command) if command else None,
        )
    _tell(output, done)


def unassign(
    participant: Participant, worker: Worker, role: Role, by: By, command: Command = None, output: Output = Format.TABLE
) -> None:
    """Take a worker's role for a person back."""
    with wiring.start(load_settings()) as majung:
        done = casework.unassign(
            majung.journal,
            participant,
            worker=worker,
            role=role,
            actor=by,
            now=majung.now(),
            command_id=str(command) if command else None,
        )
    _tell(output, done)


def _tell(output: Format, done: CarriedOut) -> None:
    show(output, record("assignment", event_id=done.event_id, status=done.status))
