"""What is wrong with which field, in words of ours: pydantic's may repeat what somebody said, or not what to do.

`faults_of` is for what is told of people, and shows no value; a name that a producer made up, which may be somebody's,
it tells to who sent it alone. `faults_in_file` is for files and settings of whoever reads the words: names are shown as
they are written, and so is what our own validators say.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from domain.codes import CodeList
from domain.field_places import Place, all_names_in, names_in, place_of
from domain.nearest import nearest
from domain.touchpoint import ON_ONE_LINE

MOST_FAULTS = 10
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

_RULES = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must hold no control characters",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "datetime_type": "must be a time stamp such as 2025-09-30T09:00:00+09:00",
    "datetime_parsing": "must be a time stamp such as 2025-09-30T09:00:00+09:00",
    "datetime_from_date_parsing": "must be a time stamp such as 2025-09-30T09:00:00+09:00",
    "timezone_aware": "has no UTC offset: write 2025-09-30T09:00:00+09:00 for Seoul time",
    "date_type": "must be a date such as 2025-09-30",
    "date_parsing": "must be a date such as 2025-09-30",
    "date_from_datetime_parsing": "must be a date such as 2025-09-30",
    "date_from_datetime_inexact": "must be a date such as 2025-09-30",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "recursion_loop": "is nested too deeply",
}
_IN_FILES = {
    "too_short": "must not be empty",
    "dict_type": "must be a table of names and values",
    "model_type": "must be a table of names and values",
}
_FORMS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime: "a time stamp",
    date: "a date",
    list: "a list",
    dict: "a table",
}


class Fault:
    """One field and the rule it breaks; `path` starts with the field's own name, and is for who sent it.

    `open_path` may be kept where anybody reads it: of names it has only those of our own fields.
    """

    __slots__ = ("kind", "open_path", "path", "rule")

    def __init__(self, path: tuple[str, ...], open_path: tuple[str, ...], kind: str, rule: str) -> None:
        self.path = path
        self.open_path = open_path
        self.kind = kind
        self.rule = rule

    @property
    def is_wrong_code(self) -> bool:
        return self.kind == "enum"


def faults_of(model: type[BaseModel], error: ValidationError) -> list[Fault]:
    """Every fault that validation found, in the order of the fields."""
    ours = all_names_in(model)
    return [
        Fault(
            tuple(shown_name(part) for part in item["loc"]),
            tuple(str(part) if isinstance(part, int) or part in ours else NOT_SHOWN for part in item["loc"]),
            item["type"],
            # Nobody reads more of them, and a search for each of thousands would take its time.
            _rule(model, dict(item), with_meant=number < MOST_FAULTS),
        )
        for number, item in enumerate(error.errors(include_url=False, include_input=False))
    ]


def faults_in_file(model: type[BaseModel], error: ValidationError, whole: str) -> list[tuple[str, str]]:
    """Every part that is wrong, once, and what it must be. `whole` names what is wrong as a whole."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False):
        place = place_of(model, item["loc"])
        found.setdefault(".".join(place.path) or whole, _rule_in_file(place, dict(item)))
    return list(found.items())


def said(faults: Iterable[tuple[str, str]]) -> str:
    """Names, and what each must be, in one line."""
    return "; ".join(f"{name}: {rule}" for name, rule in faults)


def not_known(told: str, known: Iterable[str]) -> str:
    """What is said of a name that is none of those known: which was meant, or which there are."""
    names = list(known)
    meant = nearest(told, names)
    if meant:
        return f"is not known here: did you mean {meant}?"
    return f"is not known here: there are {', '.join(names)}" if names else "is not known here: leave it out"


def summary(faults: list[tuple[str, str]]) -> str:
    """Names and rules in one line, the first ten of them."""
    told = "; ".join(f"{name} {rule}" for name, rule in faults[:MOST_FAULTS])
    more = len(faults) - MOST_FAULTS
    return f"{told}; and {more} more" if more > 0 else told


def code_lists_in(annotation: Any) -> Iterator[type[CodeList]]:
    """The code lists that a field's type mentions, also inside `| None`, tuples and nested models."""
    if isinstance(annotation, type) and issubclass(annotation, CodeList):
        yield annotation
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field in annotation.model_fields.values():
            yield from code_lists_in(field.annotation)
    for argument in get_args(annotation):
        yield from code_lists_in(argument)


def _rule(model: type[BaseModel], item: dict[str, Any], *, with_meant: bool) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        meant = _meant(model, item["loc"]) if with_meant else None
        instead = f"did you mean {meant}?" if meant else "send it in `note`, or leave it out"
        return f"is not a field of {getattr(model, 'stored_as', 'this type')}: {instead}"
    if kind == "enum":
        return f"is not in the code list{_list_named(model, item['loc'])}: {context['expected']}"
    return _RULES.get(kind, "is not valid").format_map(context)


def _meant(model: type[BaseModel], location: tuple[int | str, ...]) -> str | None:
    """The field that an unknown one was meant to be, where one is near."""
    place = place_of(model, location)
    return nearest(place.path[-1], names_in(place.holder)) if place.holder is not None else None


def _rule_in_file(place: Place, item: dict[str, Any]) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if place.forms:
        words = dict.fromkeys(_FORMS.get(get_origin(form) or form, "a value") for form in place.forms)
        return f"must be {' or '.join(words)}"
    if kind == "extra_forbidden" and place.holder is not None:
        return not_known(place.path[-1], names_in(place.holder))
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch" and context["pattern"] != ON_ONE_LINE:
        return f"must fit the pattern {context['pattern']}"
    return (_IN_FILES.get(kind) or _RULES.get(kind, "is not valid")).format_map(context)


def _list_named(model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    """The name of the code list of a field, with a blank before it; nothing when the path leads to several."""
    field = model.model_fields.get(str(path[0]))
    names = {found.__name__ for found in code_lists_in(field.annotation)} if field else set()
    return f" {names.pop()}" if len(names) == 1 else ""


@lru_cache(maxsize=1024)
def shown_name(part: str | int, what: str = "field") -> str:
    """A step of a path as it may be shown: a producer can put anything into a key, also what is nobody's business."""
    if isinstance(part, int):
        return str(part)
    return part if _FIELD_NAME.fullmatch(part) else f"(a {what} whose name is not shown)"


NOT_SHOWN = shown_name("")
"""In place of a name that is not ours."""
