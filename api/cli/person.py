"""`majung person`: who somebody is to the programme at both clocks, straight from the journal.

Scores, levels and stages are shown; names, phones, addresses and notes never are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

import typer

from api import wiring
from api.cli import portrait
from api.cli.listing import record
from api.cli.messages import remark
from api.cli.options import MOST_ROWS, AsOf, KnownAt, Output, Participant, stored_names_meant
from api.cli.output import Format, show
from api.cli.rule_sets import RulesTold, rule_set
from api.cli.values import readable
from api.cli.wellbeing import progress
from api.settings import load_settings
from domain import journey
from domain.versions import alike
from projections.progress import health_over_time
from replay.live.held import Held, folding, held_among
from replay.queries.as_of import Person, person

Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Only this type, in all of its versions: call-received; several."),
]
Limit = Annotated[int | None, typer.Option(min=1, max=MOST_ROWS, help="Only the last so many.")]


class _Asked(NamedTuple):
    """The answer to a question about a person, and the two moments it is about."""

    person: Person
    as_of: datetime
    known_at: datetime
    rules: journey.Rules
    held: Held | None


def show_person(
    participant: Participant,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: RulesTold = None,
    output: Output = Format.TABLE,
) -> None:
    """Stage and standing, episodes, consents, workers, identities, scores with their change, what happened."""
    with _asked(participant, as_of, known_at, rules) as asked:
        found = asked.person
        main = record(
            "person",
            participant_id=participant,
            **portrait.stage(found, asked.rules, asked.as_of),
            as_of=asked.as_of,
            known_at=asked.known_at,
            held_since=asked.held and asked.held.since,
            held_read_model=asked.held and asked.held.read_model,
            held_error=asked.held and asked.held.error,
        )
        episodes, consents = portrait.episodes(found, asked.rules), portrait.consents(found, asked.as_of)
        health = health_over_time(found.history, journey.journey_of(found.history, asked.rules), asked.as_of)
        others = portrait.identities(found), portrait.scores(found), progress(health), portrait.counts(found)
        idle = portrait.without_effect(found)
        show(output, main, episodes, consents, portrait.workers(found, asked.as_of), *others, idle)


def timeline(
    participant: Participant,
    types: Types = None,
    limit: Limit = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    output: Output = Format.TABLE,
) -> None:
    """What happened, in order; what was corrected is shown as corrected and marked, what was voided is left out."""
    wanted = alike(stored_names_meant(types or []))
    with _asked(participant, as_of, known_at) as asked:
        facts = [fact for fact in asked.person.history.facts if not wanted or fact.event.stored_as in wanted]
        show(output, portrait.events(facts[-limit:] if limit else facts))
        if idle := len(asked.person.history.without_effect):
            remark(f"{idle} of their corrections and retractions change nothing: `majung person show` says why")


def as_of(
    participant: Participant,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: RulesTold = None,
    output: Output = Format.TABLE,
) -> None:
    """Stage, episodes, consents, scores and number of events, at a moment in the world and one of the journal."""
    if as_of is None and known_at is None:
        raise typer.BadParameter("say --as-of MOMENT, --known-at MOMENT, or both")
    with _asked(participant, as_of, known_at, rules) as asked:
        found = asked.person
        answer = record(
            "person",
            participant_id=participant,
            as_of=asked.as_of,
            known_at=asked.known_at,
            events=len(found.history.facts),
            **portrait.stage(found, asked.rules, asked.as_of),
        )
        episodes, consents = portrait.episodes(found, asked.rules), portrait.consents(found, asked.as_of)
        show(output, answer, episodes, consents, portrait.scores(found))


def why(
    participant: Participant,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: RulesTold = None,
    output: Output = Format.TABLE,
) -> None:
    """Every change of stage with its rule and evidence, the episodes, and what is missing for the next."""
    with _asked(participant, as_of, known_at, rules) as asked:
        found = journey.why(asked.person.history, asked.rules)
        main = record(
            "person",
            participant_id=participant,
            stage=found.stage,
            rule_version=found.rule_version,
            **portrait.override(asked.person, asked.as_of),
            remark=found.remark,
            as_of=asked.as_of,
            known_at=asked.known_at,
        )
        show(output, main, *portrait.explanation(found), portrait.episodes(asked.person, asked.rules))


@contextmanager
def _asked(
    participant: UUID, as_of: datetime | None, known_at: datetime | None, rules: str | None = None
) -> Iterator[_Asked]:
    with wiring.start(load_settings()) as majung:
        by = rule_set(majung, rules)
        now = majung.now()
        moments = as_of or now, known_at or now
        found = person(majung.journal, participant, as_of=moments[0], known_at=moments[1])
        with majung.database.read() as connection:
            mark = held_among(connection, found.identities)
        if mark is not None:
            remark(_held(mark))
        with folding(typer.TyperException, typer.Exit):
            yield _Asked(found, *moments, by, mark)


def _held(mark: Held) -> str:
    what = f"the fold of {mark.read_model} fails" if mark.read_model else "an event does not read"
    return f"held since {readable(mark.since)}: lists and figures show rows of before, since {what} ({mark.error})"
