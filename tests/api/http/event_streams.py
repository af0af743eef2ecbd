"""A real server, and reading its streams of Server-Sent Events message by message."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, NamedTuple

import httpx2
import orjson

from api.http import create_app
from api.http.server import Server
from api.wiring import Majung
from tests.api.http.requests import PATIENCE_SECONDS


class Message(NamedTuple):
    """An event with its data, or a comment."""

    event: str | None = None
    data: Any = None
    comment: str | None = None


class Stream:
    """The messages of an open stream, one at a time."""

    def __init__(self, response: httpx2.Response) -> None:
        self._lines = response.iter_lines()
        self.last_id = ""

    def message(self) -> Message:
        """The next message; EOFError at the end."""
        told = Message()
        for line in self._lines:
            name, _, value = line.partition(": ")
            if line == "":
                return told
            if name == "":
                told = told._replace(comment=value)
            elif name == "id":
                self.last_id = value
            elif name == "event":
                told = told._replace(event=value)
            elif name == "data":
                told = told._replace(data=orjson.loads(value))
        raise EOFError


class Place:
    """A real server and how to read its streams."""

    def __init__(self, client: httpx2.Client, server: Server, thread: Thread) -> None:
        self.client = client
        self.server = server
        self.thread = thread

    @contextmanager
    def stream(self, path: str, last_id: str | None = None, **asked: str) -> Iterator[Stream]:
        headers = {"Last-Event-ID": last_id} if last_id is not None else {}
        with self.client.stream("GET", path, params=asked, headers=headers) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            yield Stream(response)


@contextmanager
def served(majung: Majung, *, work: bool) -> Iterator[Place]:
    """A server on a socket of its own while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(create_app(majung, work=work), log_level="warning", access_log=False)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            with httpx2.Client(base_url=address, timeout=PATIENCE_SECONDS) as client:
                yield Place(client, server, thread)
        finally:
            server.should_exit = True
            thread.join()
