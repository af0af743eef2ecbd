"""Why a touchpoint is refused at the door: one family of errors, each with a stable code and nothing of the content."""

from typing import ClassVar

# IntakeError
# ├── TooLarge              too-large
# ├── Unreadable            unreadable
# ├── WrongSpecVersion      wrong-specversion
# ├── MissingAttribute      missing-attribute
# ├── InvalidAttribute      invalid-attribute
# │   └── SubjectNotAUuid   subject-not-a-uuid
# ├── UnknownType           unknown-type
# │   └── UnknownVersion    unknown-version
# ├── NotFromProducers      not-from-producers
# ├── NaiveTime             naive-time
# ├── TimeOutOfRange        time-out-of-range
# │   └── InTheFuture       in-the-future
# ├── UnknownCodeLists      unknown-code-lists
# ├── WrongCode             wrong-code
# └── InvalidData           invalid-data


class IntakeError(ValueError):
    """A touchpoint is refused. `code` never changes; the message says what to do and holds no value of the event.

    The message is kept openly where the event is put aside, so no name is in it that a producer made up. `fields` names
    what is wrong, as the producer writes it ("data.channel", "time"), and is for who sent it alone.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, *fields: str) -> None:
        super().__init__(message)
        self.fields = fields


class TooLarge(IntakeError):
    """More bytes than one event may have."""

    code = "too-large"


class Unreadable(IntakeError):
    """Not one JSON object in UTF-8."""

    code = "unreadable"


class WrongSpecVersion(IntakeError):
    """Not CloudEvents 1.0."""

    code = "wrong-specversion"


class MissingAttribute(IntakeError):
    """A CloudEvents attribute that every touchpoint needs is not there."""

    code = "missing-attribute"


class InvalidAttribute(IntakeError):
    """A CloudEvents attribute or extension has a wrong value."""

    code = "invalid-attribute"


class SubjectNotAUuid(InvalidAttribute):
    """The subject is not a participant's pseudonym."""

    code = "subject-not-a-uuid"


class UnknownType(IntakeError):
    """No event has this name."""

    code = "unknown-type"


class UnknownVersion(UnknownType):
    """The event is known, but not in this version."""

    code = "unknown-version"


class NotFromProducers(IntakeError):
    """Only Majung itself decides this."""

    code = "not-from-producers"


class NaiveTime(IntakeError):
    """A time stamp without its UTC offset."""

    code = "naive-time"


class TimeOutOfRange(IntakeError):
    """A moment that no journey can have."""

    code = "time-out-of-range"


class InTheFuture(TimeOutOfRange):
    """A moment further ahead than clocks may differ."""

    code = "in-the-future"


class UnknownCodeLists(IntakeError):
    """The event claims a version of the code lists that this release does not have."""

    code = "unknown-code-lists"


class WrongCode(IntakeError):
    """A value is not in its code list, or not in the version that the event claims."""

    code = "wrong-code"


class InvalidData(IntakeError):
    """The fields of the event do not fit its type."""

    code = "invalid-data"
