"""The envelope every event shares, and the registry of stored names.

Warning: a stored name (`store-visited.v1`) is what the journal holds for ever. Never change or reuse one; a new shape
is a new class stored as `.v2`, and the old class stays beside it with its `upcast` (domain/versions.py).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property
from hashlib import sha1
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, create_model

from domain.codes import CURRENT, VERSIONS, Basis, CodeList, Origin, Precision
from domain.personal import Clinical, Kind, personal_fields


class StoredNameTaken(TypeError):
    """Two event classes ask for the same stored name: a programming error, raised at import."""


ON_ONE_LINE = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ON_ONE_LINE)]
"""A short open text: an identifier, a place, a programme. Never a person's name."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
"""A free text of at most 2,000 characters, only ever stored sealed."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""What lies before is a missing-value mark such as 0001-01-01, and near the year 1 not every instant has a UTC date."""
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST)]
"""An instant with its UTC offset."""

_UUID5_MASK = ~((0xF << 76) | (0x3 << 62))
_UUID5_MARK = (0x5 << 76) | (0x2 << 62)

COLUMNS = ("participant_id", "occurred_at", "source", "actor")
"""Fields that are columns of the journal, and therefore not repeated in the stored state."""


REST = ""
"""Where an event that was read in part keeps who reads the rest of it, and from what: no name that a field can have."""

Columns = tuple[UUID, datetime, str, str | None]
"""The values of COLUMNS, in their order."""

Shape = TypeVar("Shape", bound="Touchpoint")


class Touchpoint(BaseModel):
    """One thing that happened in a person's journey, as its producer told it.

    `occurred_at` is the world's clock; the journal adds its own `recorded_at` beside the event (history.Recorded).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    stored_as: ClassVar[str] = ""
    """The chosen name under which the journal keeps this type, such as `store-visited.v1`.

    Of an event that was told in an older shape and read in the present one it is the name that it is stored under."""
    is_command: ClassVar[bool] = False
    """True for what only Majung itself decides: such an event is refused from a producer."""
    sealed_fields: ClassVar[Mapping[str, Kind]] = {}
    open_fields: ClassVar[tuple[str, ...]] = ()
    registry: ClassVar[dict[str, type["Touchpoint"]]] = {}

    participant_id: UUID
    """A random pseudonym; never derived from a phone, a name or a nickname."""
    occurred_at: Moment
    """When it happened in the world; a naive time stamp is refused, and so is a year that no living person has seen."""
    source: Name
    """Which system told us, as a URI or a short name."""
    source_id: Name
    """The producer's own id of this touchpoint, unique within its source."""
    precision: Precision = Precision.INSTANT
    actor: Name | None = None
    """Pseudonym of the worker who recorded it."""
    organisation: Name | None = None
    site: Name | None = None
    district: Name | None = None
    basis: Basis | None = None
    """Lawful ground, when the producer states one."""
    code_list_version: Annotated[str, Field(json_schema_extra={"enum": list(VERSIONS)})] = CURRENT
    origin: Origin = Origin.LIVE
    note: Clinical[Text] | None = None

    def __init_subclass__(cls, stored_as: str = "", is_command: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.stored_as = stored_as
        cls.is_command = is_command

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.sealed_fields = personal_fields(cls)
        cls.open_fields = tuple(
            name for name in cls.model_fields if name not in cls.sealed_fields and name not in COLUMNS
        )
        if cls.stored_as:
            known = Touchpoint.registry.setdefault(cls.stored_as, cls)
            if known is not cls:
                raise StoredNameTaken(f"{cls.stored_as} is already the stored name of {known.__qualname__}")

    @cached_property
    def event_id(self) -> UUID:
        """uuid5(participant, source, source_id): a redelivered touchpoint is the same event, for ever."""
        return UUID(bytes=event_key(self.participant_id.bytes, self.source, self.source_id))

    def parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The stated values to store open, and those to store sealed; columns of the journal are in neither."""
        values = self.__dict__
        return (
            {name: value for name in self.open_fields if (value := values[name]) is not None},
            {name: value for name in self.sealed_fields if (value := values[name]) is not None},
        )

    @classmethod
    def from_json(cls, columns: Columns, opened: bytes, unsealed: bytes | None) -> Self:
        """The event again, validated, from its columns and the JSON objects of what `parts` gave (None: nothing
        sealed)."""
        stated = opened if unsealed is None else b"%b,%b" % (opened[:-1], unsealed[1:])
        return cls._of(columns, _without_columns(cls).__pydantic_validator__.validate_json(stated))

    @classmethod
    def _of(cls, columns: Columns, event: Any) -> Self:
        # The columns come from the journal in their own types; only what is JSON needs validation.
        values = event.__dict__
        values["participant_id"], values["occurred_at"], values["source"], values["actor"] = columns
        # Past BaseModel's own __setattr__, which would look for a field of this name.
        object.__setattr__(event, "__class__", cls)
        return event  # type: ignore[no-any-return]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A field that was left in storage when the event was read from there, with whatever REST names."""
            values = self.__dict__
            if REST not in values or name not in type(self).model_fields:
                return super().__getattr__(name)
            reader, row = values[REST]
            values[name] = value = reader.rest(self, name, row)
            return value

    def replaced(self, **changes: Any) -> Self:
        """The same touchpoint with other values, validated anew (`model_copy` would keep the old event_id)."""
        return self.reshaped(type(self), **changes)

    def reshaped(self, kind: type[Shape], /, **changes: Any) -> Shape:
        """What this touchpoint states, with these changes, as one of another type. Raises ValidationError."""
        stated = self.model_fields_set.union(COLUMNS)
        return kind.model_validate({name: getattr(self, name) for name in stated} | changes)

    def upcast(self) -> "Touchpoint":
        """The same touchpoint in the next shape of its event; itself where its own is the present one.

        Only a superseded shape has one of its own. It is pure and loses nothing: whoever told two different things
        still has told two different things. See domain/versions.py."""
        return self


@cache
def _without_columns(kind: type[Touchpoint]) -> type[Touchpoint]:
    """The same type without the fields that the journal keeps as columns."""
    return create_model(kind.__name__, __base__=kind, **dict.fromkeys(COLUMNS, (Any, None)))  # type: ignore[call-overload,no-any-return]


def event_key(participant: bytes, source: str, source_id: str) -> bytes:
    """The 16 bytes of uuid5(participant, "<length of source>:<source><source_id>") (RFC 9562, 5.5).

    The length keeps ("a", "bc") apart from ("ab", "c"). Written out because UUID objects cost a third of an append.
    """
    name = participant + f"{len(source)}:{source}{source_id}".encode()
    number = int.from_bytes(sha1(name, usedforsecurity=False).digest()[:16])
    return (number & _UUID5_MASK | _UUID5_MARK).to_bytes(16)


def participant_of(source: str, key: str) -> UUID:
    """A stable pseudonym for a row key of a data set that is already pseudonymous.

    Only for keys that mean nobody outside the file (a response id): a phone, a name or a nickname must never come here.
    """
    return uuid5(NAMESPACE_URL, f"urn:majung:participant:{len(source)}:{source}{key}")


def origin_of_decision(events: Iterable[Touchpoint]) -> Origin:
    """What is decided of simulated people is no more real than they are: synthetic where all events of theirs are."""
    origins = {event.origin for event in events}
    return Origin.SYNTHETIC if origins == {Origin.SYNTHETIC} else Origin.LIVE


def codes_newer_than_claimed(event: Touchpoint) -> list[tuple[str, CodeList]]:
    """The fields whose code came later than the code list version that the event itself claims."""
    return [
        (name, code)
        for name, value in event.__dict__.items()
        for code in (value if isinstance(value, tuple) else (value,))
        if isinstance(code, CodeList) and code.since > event.code_list_version
    ]
