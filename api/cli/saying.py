"""What an event says, in one line for a reader who may see how people are, and not who they are."""

from enum import Enum
from typing import Any

from domain.cloud_events import ATTRIBUTE_OF
from domain.network import NAMES_ANOTHER
from domain.touchpoint import Touchpoint


def what_it_says(event: Touchpoint) -> str:
    """The stated fields of the type itself: `level=emergency channel=phone`. Who somebody is, and notes, stay sealed.

    Of clinical fields it shows codes and figures only: a text or an object may hold anything. Whom a tie leads to is
    told by the network alone, which asks both for their consent.
    """
    said = []
    for name in type(event).model_fields:
        value = event.__dict__[name]
        if name in ATTRIBUTE_OF or name == NAMES_ANOTHER or value is None or value == () or value is False:
            continue
        kind = event.sealed_fields.get(name)
        if kind is None or (kind == "clinical" and _is_code_or_figure(value)):
            said.append(f"{name}={_short(value)}")
    return " ".join(said)


def _is_code_or_figure(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(part is None or _is_code_or_figure(part) for part in value)
    return isinstance(value, Enum | int | float)


def _short(value: Any) -> str:
    if isinstance(value, tuple | frozenset):
        return ",".join("-" if part is None else _short(part) for part in value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
