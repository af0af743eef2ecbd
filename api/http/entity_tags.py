"""Entity tags: what an answer rests on, hashed, so that a reader who has it need not get it again (RFC 9110, 8.8.3)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import orjson
from fastapi import Request, Response

from domain.journey import Rules
from domain.network import SeenTie
from projections.relationships import relationships
from projections.wellbeing import wellbeing
from replay.queries.as_of import Person

SHAPE = 4
"""Warning: raise it when an answer's shape or meaning changes, or readers keep what an older release told them."""


def entity_tag(
    person: Person,
    *,
    as_of: datetime,
    known_at: datetime | None,
    rules: Rules,
    of_others: Sequence[SeenTie] = (),
    held: object = None,
) -> str:
    """A strong tag over the person's identities and version, both clocks, the rules, the scoring and the ties.

    `of_others` is what the answer holds besides, by leave of other people: their consent and their links change it
    without an event of the person. `held` is what it says of stored rows, which changes without an event too.

    Identities count beside the version: an unlink takes events away, and others may make up their number.
    """
    identities = sorted(map(str, person.identities))
    models = wellbeing.version, relationships.version
    rests_on = [SHAPE, identities, person.version, as_of, known_at, rules.version, *models, of_others, repr(held)]
    return f'"{hashlib.sha256(orjson.dumps(rests_on, default=tuple)).hexdigest()[:32]}"'


def not_modified(request: Request, tag: str) -> Response | None:
    """304, when the request names this tag in If-None-Match (weak comparison, as GET asks for); None otherwise."""
    told = [part.strip().removeprefix("W/") for part in ",".join(request.headers.getlist("if-none-match")).split(",")]
    return Response(status_code=304, headers={"ETag": tag}) if tag in told or told == ["*"] else None
