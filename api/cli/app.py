"""All commands by name, and the one way out of them: an expected error is one line on stderr and its exit code."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from api.cli import (
    database,
    demo,
    follow_ups,
    identities,
    importing,
    network,
    outcomes,
    overriding,
    person,
    rejects,
    replaying,
    schemas,
    services,
    serving,
    simulating,
    ties,
)
from api.cli.exits import ExitCode, exit_code, message
from api.cli.messages import remark


class Majung(TyperGroup):
    """The root of all commands."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *others: Any, **extra: Any) -> Any:
        """Run a command line and end the process with its code."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name, *others, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            _leave_the_pipe()
            sys.exit(ExitCode.FAILED)
        except Exception as error:
            found = exit_code(error)
            if found is None:
                raise
            # A group without a command prints its help instead, and says nothing more.
            if told := message(error):
                remark(f"majung: {told}")
            sys.exit(found)
        sys.exit(code if isinstance(code, int) else 0)


def _leave_the_pipe() -> None:
    """The reader of our output is gone, as `head` goes: what is still to be written is nobody's, and no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=Majung,
    help="마중: an event-sourced tracker of a person's journey out of loneliness.",
    no_args_is_help=True,
    add_completion=False,
    # Tracebacks are for defects only, and never show the values of variables: they may be personal.
    pretty_exceptions_enable=False,
)


def _group(name: str, help: str) -> typer.Typer:
    group = typer.Typer(help=help, no_args_is_help=True)
    app.add_typer(group, name=name)
    return group


app.command("demo")(demo.demo)
app.command("serve")(serving.serve)
app.command("work")(serving.work)
app.command("simulate")(simulating.simulate)
app.command("import")(importing.import_)
app.command("replay")(replaying.replay)

_rejects = _group("rejects", "What an import put aside.")
_rejects.command("show")(rejects.show_rejects)

_person = _group("person", "One person: stage, timeline, and why.")
_person.command("show")(person.show_person)
_person.command("timeline")(person.timeline)
_person.command("as-of")(person.as_of)
_person.command("why")(person.why)
_person.command("override")(overriding.override)
_person.command("end-override")(overriding.end_override)
_person.command("network")(network.network)

_identities = _group("identities", "Which pseudonyms are one person.")
_identities.command("link")(identities.link)
_identities.command("unlink")(identities.unlink)
_identities.command("show")(identities.show_identities)

_follow_ups = _group("follow-ups", "Whom to call, and why.")
_follow_ups.command("today")(follow_ups.today)
_follow_ups.command("overdue")(follow_ups.overdue)

_services = _group("services", "What the programme does.")
_services.command("figures")(services.show_figures)

_outcomes = _group("outcomes", "What becomes of people.")
_outcomes.command("change")(outcomes.change)
_outcomes.command("ties")(ties.ties)

_schema = _group("schema", "The events and their fields.")
_schema.command("list")(schemas.list_schemas)
_schema.command("show")(schemas.show_schema)

_db = _group("db", "The databases.")
_db.command("upgrade")(database.upgrade)
_db.command("check")(database.check)
