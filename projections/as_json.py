"""How answers about people are written as JSON, whichever way they go out: over HTTP, or to a topic."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from domain.cloud_events import in_utc

Instant = Annotated[
    datetime,
    PlainSerializer(in_utc, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant, always written in UTC, so that equal answers are equal texts."""


class Part(BaseModel):
    """A part of an answer; the docstrings of its fields are its descriptions in the schema."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)
