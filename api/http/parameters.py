"""What may be asked: the two clocks, and a page."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from domain.clock import END_OF_TIME, parse_moment
from domain.follow_ups import Kind
from domain.schema import stored_names
from domain.versions import event_of, named
from projections.whom_to_call import Urgency

MOST_ITEMS = 200
ADVICE = {
    "id": "must be a participant's pseudonym, a UUID",
    "event_id": "must be the id of an event, a UUID",
    "all": "must be true or false",
    "worker": "must be a worker's pseudonym of 1 to 200 characters",
    "as_of": "must be a date (2025-09-30) or a time stamp with its offset (2025-09-30T09:00:00+09:00)",
    "known_at": "must be a date (2025-09-30) or a time stamp with its offset (2025-09-30T09:00:00+09:00)",
    "compare_with": "must be a date or a time stamp with its offset, as `as_of`, and not later than that",
    "rules": "must be 1, as-recorded, or the version of registered rules; `majung rules list` has them all",
    "kind": f"must be one of {', '.join(Kind)}",
    "urgency": f"must be one of {', '.join(Urgency)}",
    "limit": f"must be a whole number from 1 to {MOST_ITEMS}",
    "cursor": "must come unchanged from the `next` link or `next_cursor` of a page",
    "open": "must be true or false",
    "weak": "must be true or false",
    "parted": "must be true or false",
    "type": "must name an event, with a version (call-received.v1) or without; `majung schema list` has them all",
}
"""What to send instead, by parameter. Pydantic's own texts may repeat what was sent."""

_PLUS_LOST = re.compile(r"(\d{4}-\d\d-\d\d[Tt ][\d:.]+) (\d\d:?\d\d)", re.ASCII)


def read_moment(text: Any) -> datetime:
    """A clock's value. In a query a bare `+` means a space: where one stands before an offset, the plus is put back."""
    lost = _PLUS_LOST.fullmatch(str(text))
    return min(parse_moment(f"{lost[1]}+{lost[2]}" if lost else str(text)), END_OF_TIME)


def event_named(told: str) -> str:
    """The name of an event without its version, told so or as one of its stored names."""
    if not (names := named(told)):
        raise ValueError("unknown")
    return event_of(names[0])


_MOMENTS = {"type": "string", "examples": ["2025-09-30", "2025-09-30T09:00:00+09:00"]}
Moment = Annotated[datetime, BeforeValidator(read_moment), WithJsonSchema(_MOMENTS)]
_EVENTS = sorted({*stored_names(), *map(event_of, stored_names())})
EventName = Annotated[str, AfterValidator(event_named), WithJsonSchema({"type": "string", "enum": _EVENTS})]
PersonId = Annotated[
    UUID,
    Path(alias="id", description="A participant's pseudonym; any identity linked to it gives the same person."),
]


class Clocks(BaseModel):
    """The two clocks of every question."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    as_of: Moment | None = None
    """The world's clock: what had happened by then. A date, to its end in Seoul, or a time stamp with its offset.
    Without it, to the end of today in Seoul."""
    known_at: Moment | None = None
    """The journal's clock: what had been recorded by then. Without it, everything recorded so far."""


class Ruled(Clocks):
    """Both clocks, and the stage rules to answer by."""

    rules: str | None = None
    """The version of the stage rules: `1`, `as-recorded`, or a registered one. Without it, the rules in service."""


class Page(Clocks):
    """One page of a timeline."""

    limit: int = Field(default=50, ge=1, le=MOST_ITEMS)
    """How many touchpoints a page has at most."""
    cursor: str | None = None
    """Where the page before ended: opaque, from its `next` link or `next_cursor`."""
    type: list[EventName] = []
    """Only touchpoints of this type, in whichever version of it they were told, with a version (`call-received.v1`) or
    without; give it again for more types."""


def advice(errors: Sequence[Any]) -> dict[str, str]:
    """What each parameter that is wrong must be, without anything that was sent."""
    return {name: ADVICE[name] for name in (str(error["loc"][1]) for error in errors)}
