"""Parameters that an endpoint does not have, or that are told twice: ignored silently, they would change the answer."""

from typing import get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from api.http.problems import invalid
from domain.field_faults import MOST_FAULTS, not_known, shown_name

_TWICE = "is told more than once: send it once"


async def only_what_is_taken(request: Request) -> None:
    """Raises Problem 422, which names every parameter that is unknown, and every one that is no list and told again."""
    if not request.scope["query_string"]:
        return
    lists_by_name = _taken(request.scope["route"].dependant)
    wrong: dict[str, str] = {}
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in lists_by_name:
            wrong[shown_name(name, "parameter")] = not_known(name, lists_by_name)
        elif name in seen and not lists_by_name[name]:
            wrong[name] = _TWICE
        seen.add(name)
        if len(wrong) == MOST_FAULTS:
            break
    if wrong:
        raise invalid(wrong)


def _taken(endpoint: Dependant) -> dict[str, bool]:
    """The parameters that an endpoint takes in its query, all fields of a model; and whether each is a list."""
    fields: dict[str, FieldInfo] = {}
    for field in endpoint.query_params:
        told = field.field_info.annotation
        if isinstance(told, type) and issubclass(told, BaseModel):
            fields |= told.model_fields
        else:
            fields[field.alias] = field.field_info
    return {info.alias or name: get_origin(info.annotation) is list for name, info in fields.items()}
