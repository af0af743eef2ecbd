"""One message as a touchpoint: CloudEvents 1.0 over Kafka, structured or binary, and the key that goes with it.

Structured: the whole event in the value, content-type application/cloudevents+json. Binary: the attributes in `ce_`
headers, the data in the value (CloudEvents 1.0, Kafka protocol binding, 3.2 and 3.3). The key is the participant, as
text: the subject's, or the message is refused.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol
from uuid import UUID

from consumers.kafka.header_names import is_text
from domain.intake import SKEW, IntakeError, read_event
from domain.refusals import InvalidAttribute
from domain.strict_json import read_object
from domain.touchpoint import Touchpoint

STRUCTURED = "application/cloudevents+json"

_USUAL_HEADERS = [("content-type", STRUCTURED.encode())]
_HEADER = "ce_"
_NOT_ATTRIBUTES = ("data", "data_base64", "datacontenttype")

# MessageError
# ├── NotACloudEvent    not-a-cloudevent
# └── KeyMismatch       key-mismatch


class MessageError(ValueError):
    """A message is refused for what Kafka adds to an event. `code` never changes; the words repeat nothing of it."""

    code: ClassVar[str]


class NotACloudEvent(MessageError):
    """Neither of the two modes."""

    code = "not-a-cloudevent"


class KeyMismatch(MessageError):
    """The key is not the participant whom the event is about."""

    code = "key-mismatch"


class Message(Protocol):
    """What is read of a message: kafka-python's record, or one that was parked."""

    @property
    def key(self) -> bytes | None: ...

    @property
    def value(self) -> bytes | None: ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


REFUSALS = (IntakeError, MessageError)
"""Why no touchpoint comes of a message; each has a stable `code`."""


def read_message(raw: Message, *, now: datetime, skew: timedelta = SKEW) -> Touchpoint:
    """The touchpoint that a message tells. Raises IntakeError or MessageError, whatever the bytes are."""
    event = read_event(_told(raw), now=now, skew=skew)
    participant, key = event.participant_id, raw.key
    # The usual spelling needs no parser.
    if (key is None or key.replace(b"-", b"") != b"%032x" % participant.int) and pseudonym(key) != participant:
        raise KeyMismatch("the key must be the participant's UUID as text, the same as the subject")
    return event


def pseudonym(key: bytes | None) -> UUID | None:
    """The participant that a key names; None where it names none, and may be anything."""
    try:
        return UUID((key or b"").decode())
    except ValueError:
        return None


def _told(raw: Message) -> bytes | Mapping[str, Any]:
    if raw.headers == _USUAL_HEADERS:
        return raw.value or b""
    headers = _headers(raw)
    content, _, _ = headers.get("content-type", "").partition(";")
    if content.strip().lower() == STRUCTURED:
        return raw.value or b""
    if f"{_HEADER}specversion" not in headers or content.strip().lower().startswith("application/cloudevents"):
        raise NotACloudEvent(
            f"send one event as {STRUCTURED} (header content-type), or its attributes in {_HEADER} headers and the data"
            " as JSON"
        )
    return _attributes(headers, raw.value)


def _headers(raw: Message) -> dict[str, str]:
    """The headers that are read, in lower case."""
    found: dict[str, str] = {}
    for told, value in raw.headers:
        if not told.isascii() and not is_text(told):
            raise InvalidAttribute("the name of a header is not UTF-8: send UTF-8")
        name = told.lower()
        if name != "content-type" and not name.startswith(_HEADER):
            continue
        if name in found:
            raise InvalidAttribute("an attribute stands in two headers: send it once")
        try:
            found[name] = (value or b"").decode()
        except UnicodeDecodeError:
            raise InvalidAttribute(f"a {_HEADER} header or content-type is not UTF-8: send UTF-8") from None
    return found


def _attributes(headers: Mapping[str, str], value: bytes | None) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        name.removeprefix(_HEADER): text for name, text in headers.items() if name.startswith(_HEADER)
    }
    if misplaced := [name for name in _NOT_ATTRIBUTES if name in told]:
        raise InvalidAttribute("data goes into the value, and its type into content-type", *misplaced)
    if "content-type" in headers:
        told["datacontenttype"] = headers["content-type"]
    if value is not None and value.strip():
        told["data"] = read_object(value)
    return told
