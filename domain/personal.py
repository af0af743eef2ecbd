"""Marks for the fields that are sealed with the participant's own key before they are stored.

A field is marked in its type, so that what is sealed can be read where the event is defined:

    note: Clinical[str] | None = None
    phone: Identity[str] | None = None

Warning: moving a field between open and sealed changes what is stored. Do it only under a new stored name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel

Kind = Literal["identity", "clinical"]


@dataclass(frozen=True, slots=True)
class Personal:
    """The mark itself: `identity` names or reaches somebody, `clinical` says how they are."""

    kind: Kind


T = TypeVar("T")
Identity = Annotated[T, Personal("identity")]
Clinical = Annotated[T, Personal("clinical")]


def personal_fields(model: type[BaseModel]) -> dict[str, Kind]:
    """The sealed fields of a model and the kind of each, in the order of definition."""
    return {
        name: mark.kind
        for name, field in model.model_fields.items()
        for mark in (*_marks(field.metadata), *_marks_within(field.annotation))
    }


def _marks(metadata: Iterable[Any]) -> list[Personal]:
    return [mark for mark in metadata if isinstance(mark, Personal)]


def _marks_within(annotation: Any) -> list[Personal]:
    """Marks nested in a union, as in `Clinical[str] | None`."""
    found = _marks(getattr(annotation, "__metadata__", ()))
    for argument in get_args(annotation):
        found += _marks_within(argument)
    return found
