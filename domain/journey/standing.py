"""How a person stands with the programme on a day: in contact, silent or lost.

Computed from the journey and the day that is asked about, never stored: a stored silence would be true of yesterday.

Decision where the rules leave room: days without contact run from the last contact, also from one in an earlier stage;
where no contact is known they run from the first entry into a stage.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.clock import days_between
from domain.codes import Stage
from domain.journey.rules import Rules
from domain.journey.spells import Journey


class Standing(StrEnum):
    IN_CONTACT = "in_contact"
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where somebody is as of a moment. All counts are calendar days in Seoul."""

    as_of: datetime
    stage: str | None
    entered_at: datetime | None
    days_in_stage: int | None
    last_contact_at: datetime | None
    """Where survival is censored."""
    days_without_contact: int | None
    standing: Standing | None
    """None without a stage and after an end: nobody is waited for."""


def status(journey: Journey, as_of: datetime) -> Status:
    """The stage and standing at a moment; spells and contacts after it play no part."""
    then = journey.at(as_of)
    spell = then.spells[-1] if then.spells else None
    last_contact = then.last_contact(as_of)
    quiet_from = last_contact or (then.spells[0].entered_at if then.spells else None)
    days = days_between(quiet_from, as_of) if quiet_from else None
    return Status(
        as_of=as_of,
        stage=then.stage,
        entered_at=spell.entered_at if spell else None,
        days_in_stage=days_between(spell.entered_at, as_of) if spell else None,
        last_contact_at=last_contact,
        days_without_contact=days,
        standing=_standing(then.stage, days, journey.rules),
    )


def _standing(stage: str | None, days: int | None, rules: Rules) -> Standing | None:
    if stage is None or stage == Stage.ENDED or days is None:
        return None
    if days >= rules.lost_days:
        return Standing.LOST
    silent_days = rules.silent_days(stage)
    if silent_days is not None and days >= silent_days:
        return Standing.SILENT
    return Standing.IN_CONTACT
