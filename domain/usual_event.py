"""The usual event, read without looking for the words of a refusal: what nearly every CloudEvent is.

Nothing is decided here that intake does not decide: whatever is out of the ordinary gets no answer, and intake reads it
step by step. A test holds the two against each other.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from domain.cloud_events import ATTRIBUTE_OF, EXTENSIONS, REQUIRED
from domain.codes import CURRENT, FIRST, VERSIONS
from domain.events import TouchpointCorrected
from domain.field_faults import code_lists_in
from domain.moments import check_texts, moments_of
from domain.refusals import IntakeError
from domain.strict_json import MOST_BYTES
from domain.touchpoint import Touchpoint, codes_newer_than_claimed

NOBODY = (0, 2**128 - 1)
"""The two UUIDs that stand for none (RFC 9562, 5.9 and 5.10): every broken producer would share them."""

_FIELDS = tuple((REQUIRED | EXTENSIONS).items())
_ENVELOPE = frozenset(ATTRIBUTE_OF)
_TIME_STAMP = re.compile(
    r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


class _Reading(NamedTuple):
    """How events of one type are read."""

    validate: Callable[..., Touchpoint]
    has_moments: bool
    """Whether it has dates or time stamps beside `occurred_at`."""
    instants: tuple[str, ...]
    """Its time stamps, `occurred_at` and its own."""
    has_grown: bool
    is_command: bool


def usual_event(attributes: Mapping[str, Any], latest: datetime, from_producer: bool) -> Touchpoint | None:
    """The touchpoint; None where something is unusual about it, which may be right or wrong."""
    name, data = attributes.get("type"), attributes.get("data")
    kind = Touchpoint.registry.get(name) if type(name) is str else None
    if kind is None or type(data) is not dict or attributes.get("specversion") != "1.0":
        return None
    reading = _reading(kind)
    if (
        (reading.is_command and from_producer)
        or kind is TouchpointCorrected
        or attributes.get("datacontenttype", "application/json") != "application/json"
        or attributes.get("data_base64") is not None
        or not _ENVELOPE.isdisjoint(data)
    ):
        return None
    values = data | {"code_list_version": FIRST}
    for attribute, field in _FIELDS:
        value = attributes.get(attribute)
        if value is not None:
            values[field] = value
    event = _validated(reading, kind, values)
    if event is None or event.participant_id.int in NOBODY or not _is_past(reading, event, latest):
        return None
    if reading.has_grown and event.code_list_version != CURRENT and codes_newer_than_claimed(event):
        return None
    return event


def _validated(reading: _Reading, kind: type[Touchpoint], values: dict[str, Any]) -> Touchpoint | None:
    time = values.get("occurred_at")
    if type(time) is not str or not _TIME_STAMP.fullmatch(time) or values["code_list_version"] not in VERSIONS:
        return None
    try:
        if reading.has_moments:
            check_texts(kind, values, "")
        text = orjson.dumps(values, option=orjson.OPT_STRICT_INTEGER)
        return reading.validate(text, strict=True) if len(text) <= MOST_BYTES else None
    except (IntakeError, TypeError, ValidationError):
        return None


def _is_past(reading: _Reading, event: Touchpoint, latest: datetime) -> bool:
    stated = event.__dict__
    for name in reading.instants:
        moment = stated[name]
        if moment is not None and moment > latest:
            return False
    return True


@cache
def _reading(kind: type[Touchpoint]) -> _Reading:
    moments = moments_of(kind)
    instants = ("occurred_at", *(name for name, is_instant in moments.items() if is_instant))
    return _Reading(
        kind.__pydantic_validator__.validate_json, bool(moments), instants, has_grown(kind), kind.is_command
    )


@cache
def has_grown(kind: type[Touchpoint]) -> bool:
    """Whether any code list of the type has codes that came after its first version."""
    lists = (found for field in kind.model_fields.values() for found in code_lists_in(field.annotation))
    return any(code.since > FIRST for found in lists for code in found)
