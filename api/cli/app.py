"""All commands by name, and the one way out of them: an expected error is one line on stderr and its exit code."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from api.cli import (
    alerts,
    archiving,
    caseload,
    concerns,
    database,
    demo,
    duplicates,
    follow_ups,
    handover,
    held,
    households,
    identities,
    importing,
    network,
    outcomes,
    overriding,
    parked,
    person,
    projections,
    rejects,
    replaying,
    returns,
    roles,
    rules,
    schemas,
    services,
    serving,
    simulating,
    since_baseline,
    snapshots,
    subject_copy,
    ties,
    topics,
    verifying,
    wellbeing,
)
from api.cli.exits import ExitCode, exit_code, message
from api.cli.messages import remark
from api.settings import variables_without_effect


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


_WARN_THEMSELVES = {"serve", "work"}
"""Their lines on stderr are a log, which may be for machines."""


@app.callback()
def _(context: typer.Context) -> None:
    if context.invoked_subcommand not in _WARN_THEMSELVES:
        for told in variables_without_effect():
            remark(f"warning: {told}")


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

_projections = _group("projections", "The rows that serve, and those that could.")
_projections.command("list")(projections.list_projections)
_projections.command("switch")(projections.switch)
_projections.command("drop")(projections.drop)

_snapshots = _group("snapshots", "Everybody's rows of one moment, for reports to pin to.")
_snapshots.command("take")(snapshots.take)
_snapshots.command("list")(snapshots.list_snapshots)
_snapshots.command("drop")(snapshots.drop)

_rejects = _group("rejects", "What an import put aside.")
_rejects.command("show")(rejects.show_rejects)

_parked = _group("parked", "Messages from Kafka that did not become facts.")
_parked.command("list")(parked.list_parked)
_parked.command("show")(parked.show_parked)
_parked.command("retry")(parked.retry)
_parked.command("discard")(parked.discard)

_held = _group("held", "People whose rows stay as they were because they do not fold.")
_held.command("list")(held.list_held)
_held.command("show")(held.show_held)
_held.command("retry")(held.retry)

_person = _group("person", "One person: stage, timeline, and why.")
_person.command("show")(person.show_person)
_person.command("timeline")(person.timeline)
_person.command("as-of")(person.as_of)
_person.command("why")(person.why)
_person.command("override")(overriding.override)
_person.command("end-override")(overriding.end_override)
_person.command("wellbeing")(wellbeing.wellbeing)
_person.command("network")(network.network)
_person.command("roles")(roles.roles)
_person.command("copy")(subject_copy.copy)

_rules = _group("rules", "Versions of the stage rules, and rows under them.")
_rules.command("list")(rules.list_rules)
_rules.command("show")(rules.show_rules)
_rules.command("add")(rules.add)
_rules.command("compare")(rules.compare)
_rules.command("drop")(rules.drop)

_identities = _group("identities", "Which pseudonyms are one person.")
_identities.command("link")(identities.link)
_identities.command("unlink")(identities.unlink)
_identities.command("show")(identities.show_identities)
_identities.command("suggested")(duplicates.suggested)
_identities.command("find")(duplicates.find)

_follow_ups = _group("follow-ups", "Whom to call, and why.")
_follow_ups.command("today")(follow_ups.today)
_follow_ups.command("overdue")(follow_ups.overdue)

_alerts = _group("alerts", "What cannot wait, and whom it reaches.")
_alerts.command("list")(alerts.list_alerts)
_alerts.command("watch")(alerts.watch)
_alerts.command("acknowledge")(alerts.acknowledge)

_caseload = _group("caseload", "Who is responsible for whom.")
_caseload.command("show")(caseload.show_caseload)
_caseload.command("assign")(caseload.assign)
_caseload.command("unassign")(caseload.unassign)

_handover = _group("handover", "What the next shift must know.")
_handover.command("show")(handover.show_handover)
_handover.command("give")(handover.give)

_concerns = _group("concerns", "Worry about people who are not in contact yet.")
_concerns.command("list")(concerns.list_concerns)

_households = _group("households", "Who lives together.")
_households.command("show")(households.show_household)

_services = _group("services", "What the programme does.")
_services.command("figures")(services.show_figures)

_outcomes = _group("outcomes", "What becomes of people.")
_outcomes.command("change")(outcomes.change)
_outcomes.command("since-baseline")(since_baseline.since_baseline)
_outcomes.command("returns")(returns.returns)
_outcomes.command("ties")(ties.ties)

_schema = _group("schema", "The events and their fields.")
_schema.command("list")(schemas.list_schemas)
_schema.command("show")(schemas.show_schema)

_export = _group("export", "What leaves Majung as files.")
_export.command("journal")(archiving.export_journal)

_restore = _group("restore", "Bringing back what was lost, or moving house.")
_restore.command("journal")(archiving.restore_journal)

_verify = _group("verify", "Whether what is stored is as it must be.")
_verify.command("archive")(archiving.verify_archive)
_verify.command("projections")(verifying.projections)

_db = _group("db", "The databases.")
_db.command("upgrade")(database.upgrade)
_db.command("check")(database.check)

_topics = _group("topics", "The topics of Kafka.")
_topics.command("create")(topics.create)
_topics.command("check")(topics.check)
