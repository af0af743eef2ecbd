"""CloudEvents over HTTP: which of the three content modes a request uses, and its body within bounds.

Structured: one event in the body. Batched: a JSON array of them. Binary: the attributes in `ce-` headers, the data in
the body (CloudEvents 1.0, HTTP protocol binding, 3.1 to 3.3).
"""

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.datastructures import Headers

from api.http.problems import Problem
from domain.refusals import InvalidAttribute, TooLarge
from domain.strict_json import MOST_BYTES, read_object

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
BINARY = "application/json"
MOST_BATCH_BYTES = 4 * 1024 * 1024

Mode = Literal["structured", "batched", "binary"]

_HEADER = "ce-"
_NOT_ATTRIBUTES = ("data", "data_base64", "datacontenttype")
_ESCAPED = re.compile(r"\\(.)")
_SEND = (
    f"send one event as {STRUCTURED}, several as {BATCHED} (a JSON array), or the data as {BINARY} with ce- headers;"
    " in UTF-8, and not compressed"
)


def mode_of(headers: Headers) -> Mode:
    """How the events are told. Raises Problem 415 when in none of the ways that are understood."""
    content, _, parameters = headers.get("content-type", "").partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w-]*)", parameters, re.IGNORECASE)
    plain = headers.get("content-encoding", "identity").lower() == "identity"
    if plain and (charset is None or charset[1].lower() in ("utf-8", "utf8", "us-ascii")):
        match content.strip().lower():
            case "application/cloudevents+json":
                return "structured"
            case "application/cloudevents-batch+json":
                return "batched"
            case "application/json" if "ce-specversion" in headers:
                return "binary"
    raise Problem("unsupported-content", _SEND, headers={"Accept-Post": f"{STRUCTURED}, {BATCHED}, {BINARY}"})


async def read_body(request: Request, mode: Mode) -> bytes:
    """The body, given up as soon as it is too long. Raises TooLarge."""
    most = MOST_BATCH_BYTES if mode == "batched" else MOST_BYTES
    told = request.headers.get("content-length", "0")
    if told.isascii() and told.isdigit() and (len(told) > 18 or int(told) > most):
        raise _too_large(most)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def attributes_of(headers: Headers, body: bytes) -> Mapping[str, Any]:
    """The event of a request in binary mode. Raises IntakeError."""
    attributes: dict[str, Any] = {}
    for name, value in headers.items():
        if not name.startswith(_HEADER):
            continue
        attribute = name.removeprefix(_HEADER)
        if attribute in _NOT_ATTRIBUTES:
            raise InvalidAttribute("data goes into the body, and its type into Content-Type", "data")
        if attribute in attributes:
            raise InvalidAttribute("an attribute stands in two headers: send it once")
        attributes[attribute] = _decoded(value)
    if body.strip():
        attributes["data"] = read_object(body)
    return attributes


def _decoded(value: str) -> str:
    """An attribute from its header: unquoted, then percent-decoded (3.1.3.2)."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _ESCAPED.sub(r"\1", value[1:-1])
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise InvalidAttribute("a ce- header is not UTF-8: percent-encode what is not ASCII") from None


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"more than {most:,} bytes: send smaller batches, and leave attachments out")
