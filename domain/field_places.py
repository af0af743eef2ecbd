"""Where in a model an error lies: the path to what was written wrongly, and what could have stood there."""

from collections.abc import Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel


class Place(NamedTuple):
    """A place in a model."""

    path: tuple[str, ...]
    """As it is written: by aliases, and without the names that validation gives to the members of a union."""
    holder: type[BaseModel] | None
    """The model whose field the last step is; None where it is none."""
    forms: tuple[Any, ...]
    """The types that the value could have had, where there are several."""


def place_of(model: type[BaseModel], location: tuple[int | str, ...]) -> Place:
    """The place of an error by its location."""
    path: list[str] = []
    form: Any = model
    holder = None
    for part in location:
        holder = form if _is_model(form) else None
        path.append(str(part))
        forms = _forms(_inside(form, part))
        if len(forms) > 1:
            return Place(tuple(path), holder, forms)
        form = forms[0] if forms else Any
    return Place(tuple(path), holder, ())


def names_in(model: type[BaseModel]) -> list[str]:
    """The fields of a model as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


@cache
def all_names_in(model: type[BaseModel]) -> frozenset[str]:
    """The fields of a model and of all models within it, as they are written."""
    inner = (name for field in model.model_fields.values() for name in _names_within(field.annotation))
    return frozenset((*names_in(model), *inner))


def _names_within(annotation: Any) -> Iterator[str]:
    if _is_model(annotation):
        yield from all_names_in(annotation)
    for argument in get_args(annotation):
        yield from _names_within(argument)


def _inside(form: Any, part: int | str) -> Any:
    if _is_model(form):
        fields = form.model_fields.items()
        return next((field.annotation for name, field in fields if part in (name, field.alias)), Any)
    arguments = get_args(form)
    return Any if get_origin(form) is Literal or not arguments else arguments[-1 if isinstance(part, str) else 0]


def _forms(annotation: Any) -> tuple[Any, ...]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _forms(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(form for member in get_args(annotation) for form in _forms(member))
    return () if annotation is NoneType else (annotation,)


def _is_model(form: Any) -> bool:
    return isinstance(form, type) and issubclass(form, BaseModel)
