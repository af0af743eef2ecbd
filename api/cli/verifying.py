"""`majung verify projections`: whether the rows that serve are what the journal says."""

from typing import Annotated, Any
from uuid import UUID

import typer

from api import wiring
from api.cli.choosing_people import chosen_people
from api.cli.exits import ExitCode
from api.cli.listing import Listing
from api.cli.messages import bar, remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.cli.replaying import Names, named
from api.settings import load_settings
from replay.live.verify import Finding, LeftOut, Verified, sampled, verify
from replay.queries.choice import Choice

Sample = Annotated[
    int | None, typer.Option("--sample", min=1, max=1_000_000, help="Only so many people, chosen by chance.")
]
Person = Annotated[
    UUID | None, typer.Option("--person", metavar="ID", help="Only this person, with linked identities.")
]


_BRIEF = ("read_model", "component", "stored", "folded", "why")
"""The columns of a finding that a narrow terminal shows."""


def projections(
    names: Names = None, sample: Sample = None, person: Person = None, output: Output = Format.TABLE
) -> None:
    """Fold everybody's history, or some people's, and compare it with the rows that serve; nothing is changed.

    A person who is named and cannot be compared is a finding; of everybody, and of a sample, they are counted.
    """
    if sample is not None and person is not None:
        raise typer.BadParameter("--sample chooses people, and --person names one: use one of them")
    with wiring.start(load_settings()) as majung:
        people = sampled(majung.journal, sample) if sample is not None else None
        if person is not None:
            people = chosen_people(majung, Choice(people=[person]))
        with bar("verifying", "people") as advance:
            found = verify(majung.journal, named(majung, names), people, advance)
    findings = [*found.findings, *(map(_not_compared, found.named) if person is not None else ())]
    remark(f"{found.people:,} people compared, {len(findings):,} finding(s){_left_out(found)}")
    show(output, Listing("findings", Finding._fields, findings, brief=_BRIEF))
    if findings:
        raise typer.Exit(ExitCode.FINDINGS)


def _not_compared(one: LeftOut) -> tuple[Any, ...]:
    """A row of the list of findings that is of no read model, as nothing was counted and nothing folded."""
    why = f"held, and not compared: {one.why}" if one.mark else f"not compared: {one.why}; let a worker catch up"
    return None, one.component, None, None, None, None, why


def _left_out(found: Verified) -> str:
    told = []
    if found.held:
        told.append(f"{found.held:,} held (`majung held list`)")
    if unseen := found.left_out - found.held:
        told.append(f"{unseen:,} of whom the rows have not seen everything (let a worker catch up)")
    return f"; {found.left_out:,} not compared: {', '.join(told)}" if told else ""
