"""CloudEvents 1.0 in, touchpoints out: the one reading shared by files, HTTP and Kafka (the mapping: cloud_events.py).

Extensions that no touchpoint has (traceparent) are taken and not stored: they may differ when it is told again.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError

from domain.cloud_events import ATTRIBUTE_OF, EXTENSIONS, REQUIRED, cloud_event
from domain.codes import FIRST, VERSIONS, CodeList
from domain.events import MeasureNotTaken, MeasureTaken, TouchpointCorrected
from domain.field_faults import faults_of, summary
from domain.instruments import INSTRUMENTS
from domain.moments import SKEW, check_not_ahead, check_texts, check_time_stamp
from domain.refusals import (
    IntakeError,
    InvalidAttribute,
    InvalidData,
    MissingAttribute,
    NotFromProducers,
    SubjectNotAUuid,
    TooLarge,
    UnknownCodeLists,
    UnknownType,
    UnknownVersion,
    WrongCode,
    WrongSpecVersion,
)
from domain.strict_json import MOST_BYTES, read_object, write_object
from domain.touchpoint import Touchpoint, codes_newer_than_claimed
from domain.usual_event import NOBODY, has_grown, usual_event

__all__ = ["MOST_BYTES", "SKEW", "IntakeError", "cloud_event", "read_event"]

_TYPE = re.compile(r"([a-z][a-z-]{0,60})\.v([0-9]{1,6})")
_STAND_IN = {"participant_id": "00000000-0000-4000-8000-000000000000", "source": "-", "source_id": "-"}
"""For the target's own identity while a replacement is checked; its envelope is checked with the correction itself."""


_RAW = (bytes, bytearray, memoryview)


class _Part(NamedTuple):
    """Where the fields being read stand, for the names in messages."""

    prefix: str
    occurred_at: str


_EVENT = _Part("data.", "time")
_REPLACEMENT = _Part("data.replacement.", "data.replacement.occurred_at")


def read_event(
    told: bytes | bytearray | memoryview | Mapping[str, Any],
    *,
    now: datetime,
    skew: timedelta = SKEW,
    from_producer: bool = True,
) -> Touchpoint:
    """The touchpoint that one CloudEvent (its bytes, or its attributes and `data` as JSON values) tells.

    Values are read strictly: "12" is no number and 1 is not true. Without `codelists` the event counts as of the oldest
    code lists that hold its codes, so that every later release reads a redelivered event alike. `from_producer=False`
    takes commands too: for Majung's own export. Raises IntakeError, and nothing else whatever the bytes are.
    """
    # The check for an abstract class would take a tenth of the time.
    attributes = read_object(told) if isinstance(told, _RAW) else told
    usual = usual_event(attributes, now + skew, from_producer)
    event = usual if usual is not None else read_step_by_step(attributes, now + skew, from_producer)
    if from_producer:
        _check_instrument(event)
    return event


def read_step_by_step(attributes: Mapping[str, Any], latest: datetime, from_producer: bool) -> Touchpoint:
    """The touchpoint, whatever is unusual about it. Raises the IntakeError of what is wrong with it first."""
    kind = _kind_of(attributes, from_producer)
    values = _values(kind, attributes)
    if kind is TouchpointCorrected:
        _check_replacement(values, latest)
    event = _validated(kind, values, _EVENT)
    if event.participant_id.int in NOBODY:
        raise SubjectNotAUuid("subject is the empty UUID, which is nobody: send the participant's own", "subject")
    check_not_ahead(event, latest, occurred_at=_EVENT.occurred_at, prefix=_EVENT.prefix)
    return _with_code_lists(event, _EVENT, claimed=attributes.get("codelists") is not None)


def _check_instrument(event: Touchpoint) -> None:
    """What nobody scores here is taken; one of our instruments in another spelling would have no score and no alert."""
    kind = type(event)
    if kind is MeasureTaken or kind is MeasureNotTaken:
        told, field = event.__dict__["instrument"], "data.instrument"
    elif isinstance(event, TouchpointCorrected):
        told, field = event.replacement.get("instrument"), "data.replacement.instrument"
    else:
        return
    if not isinstance(told, str) or told in INSTRUMENTS:
        return
    if (meant := _BY_LETTERS.get(_letters(told))) is not None:
        raise WrongCode(f"{field} is the code of an instrument in another spelling: write {meant}", field)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


_BY_LETTERS = {_letters(code): code for code in INSTRUMENTS}


def _kind_of(attributes: Mapping[str, Any], from_producer: bool) -> type[Touchpoint]:
    version = attributes.get("specversion")
    if version is not None and version != "1.0":
        raise WrongSpecVersion('specversion must be "1.0", as text', "specversion")
    if missing := [name for name in ("specversion", "type", *REQUIRED) if attributes.get(name) is None]:
        raise MissingAttribute(f"CloudEvents attributes are missing: {', '.join(missing)}", *missing)
    name = attributes["type"]
    kind = Touchpoint.registry.get(name) if isinstance(name, str) else None
    if kind is None:
        raise _unknown(name)
    if kind.is_command and from_producer:
        raise NotFromProducers(f"{kind.stored_as} is decided by Majung, not told by a producer", "type")
    return kind


def _unknown(name: object) -> UnknownType:
    match = _TYPE.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        return UnknownType("type is not the name of an event; `majung schema list` has them all", "type")
    names = [other.rpartition(".v") for other in Touchpoint.registry]
    known = sorted(int(version) for stem, _, version in names if stem == match[1])
    if not known:
        return UnknownType(f"{match[0]} is not an event; `majung schema list` has them all", "type")
    versions = ", ".join(f"v{number}" for number in known)
    if int(match[2]) > known[-1]:
        return UnknownVersion(f"{match[0]} is newer than this release knows: {versions}", "type")
    return UnknownVersion(f"{match[0]} never was a version of this event; known are: {versions}", "type")


def _values(kind: type[Touchpoint], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Envelope and data in one flat mapping, by the names of the type's fields."""
    values = dict(_data_of(attributes))
    if misplaced := [name for name in ATTRIBUTE_OF if name in values]:
        told = [(f"data.{name}", f"belongs beside `data`, as `{ATTRIBUTE_OF[name]}`") for name in misplaced]
        raise InvalidData(summary(told), *(name for name, _ in told))
    check_texts(kind, values, _EVENT.prefix)
    values["code_list_version"] = FIRST
    for attribute, field in REQUIRED.items():
        values[field] = attributes[attribute]
    for attribute, field in EXTENSIONS.items():
        value = attributes.get(attribute)
        if value is not None:
            values[field] = value
    check_time_stamp("time", values["occurred_at"])
    _refuse_unknown_code_lists("codelists", values["code_list_version"])
    return values


def _data_of(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    if attributes.get("data_base64") is not None:
        raise InvalidAttribute("data_base64 is not read: send the fields in `data`, as JSON", "data_base64")
    content = attributes.get("datacontenttype")
    if content is not None and not (isinstance(content, str) and content.partition(";")[0].strip().endswith("json")):
        raise InvalidAttribute("datacontenttype must be application/json", "datacontenttype")
    data = attributes.get("data")
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise InvalidData("data must be an object with the fields of the event", "data")
    return data


def _refuse_unknown_code_lists(name: str, claimed: object) -> None:
    if claimed not in VERSIONS:
        raise UnknownCodeLists(f"{name} must be a version that this release has: {', '.join(VERSIONS)}", name)


def _validated(kind: type[Touchpoint], values: Mapping[str, Any], part: _Part) -> Touchpoint:
    text = write_object(values)
    if len(text) > MOST_BYTES:
        raise TooLarge(f"the event has {len(text):,} bytes; at most {MOST_BYTES:,} are taken: leave attachments out")
    try:
        event: Touchpoint = kind.__pydantic_validator__.validate_json(text, strict=True)
    except ValidationError as error:
        raise _refusal(kind, error, part) from None
    return event


def _refusal(kind: type[Touchpoint], error: ValidationError, part: _Part) -> IntakeError:
    """The envelope's faults come first: data is only as good as what it is attached to."""
    faults = faults_of(kind, error)
    refusal: type[IntakeError] = InvalidData
    told = [(part.prefix + ".".join(fault.open_path), fault.rule) for fault in faults]
    names = [part.prefix + ".".join(fault.path) for fault in faults]
    if part is _EVENT and (envelope := [fault for fault in faults if fault.path and fault.path[0] in ATTRIBUTE_OF]):
        faults, refusal = envelope, InvalidAttribute
        told = [(ATTRIBUTE_OF[fault.path[0]], fault.rule) for fault in envelope]
        names = [name for name, _ in told]
        if "subject" in dict(told):
            return SubjectNotAUuid("subject must be the participant's UUID: never a phone or a name", "subject")
    if all(fault.is_wrong_code for fault in faults):
        refusal = WrongCode
    return refusal(summary(told), *names)


def _with_code_lists(event: Touchpoint, part: _Part, *, claimed: bool) -> Touchpoint:
    newer = codes_newer_than_claimed(event) if has_grown(type(event)) else []
    if not newer:
        return event
    if not claimed:
        return event.replaced(code_list_version=max(code.since for _, code in newer))
    told = [(part.prefix + name, _came_later(code, event.code_list_version)) for name, code in newer]
    raise WrongCode(summary(told), *(name for name, _ in told))


def _came_later(code: CodeList, version: str) -> str:
    known = ", ".join(type(code).of_version(version))
    return f"is a code that came after {version}, the version claimed; {type(code).__name__} had then: {known}"


def _check_replacement(values: Mapping[str, Any], latest: datetime) -> None:
    """What a correction puts in the place of its target keeps the rules of what is told for the first time."""
    name, replacement = values.get("replacement_type"), values.get("replacement")
    kind = Touchpoint.registry.get(name) if isinstance(name, str) else None
    if kind is None or kind.is_command or kind.stored_as.startswith("touchpoint-"):
        raise InvalidData("data.replacement_type must be the name of a touchpoint", "data.replacement_type")
    if not isinstance(replacement, Mapping):
        raise InvalidData("data.replacement must be an object with the fields of the touchpoint", "data.replacement")
    if misplaced := [field for field in _STAND_IN if field in replacement]:
        told = [(f"{_REPLACEMENT.prefix}{field}", "is the target's own: leave it out") for field in misplaced]
        raise InvalidData(summary(told), *(name for name, _ in told))
    whole = {"occurred_at": "2000-01-01T00:00:00Z", "code_list_version": FIRST} | dict(replacement) | _STAND_IN
    _refuse_unknown_code_lists("data.replacement.code_list_version", whole["code_list_version"])
    check_time_stamp(_REPLACEMENT.occurred_at, whole["occurred_at"])
    check_texts(kind, whole, _REPLACEMENT.prefix)
    event = _validated(kind, whole, _REPLACEMENT)
    check_not_ahead(event, latest, occurred_at=_REPLACEMENT.occurred_at, prefix=_REPLACEMENT.prefix)
    _with_code_lists(event, _REPLACEMENT, claimed="code_list_version" in replacement)
