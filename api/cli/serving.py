"""`majung serve` and `majung work`: what runs until it is told to stop."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import Annotated

import typer

from api import wiring, working
from api.cli.messages import remark
from api.settings import Settings, load_settings
from api.wiring import Majung

Host = Annotated[str | None, typer.Option(help="The address to listen on. MAJUNG_HOST unless told.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="The port to listen on. MAJUNG_PORT unless told.")]


class ServerNotStarted(OSError):
    """Nothing is served: the address is taken or none of ours, or the server could not begin."""


def serve(host: Host = None, port: Port = None) -> None:
    """Serve HTTP, and keep the read models up to date meanwhile unless MAJUNG_EMBEDDED_WORKER is off."""
    with wiring.start(load_settings()) as majung:
        listen(majung, host, port)


def work() -> None:
    """Do what MAJUNG_WORK names (project, ingest, publish) until SIGTERM or SIGINT; what is in hand is finished."""
    with wiring.start(load_settings()) as majung, stopped_by_signals() as stop:
        remark(f"working: {', '.join(majung.settings.parts)}")
        working.work(majung, stop)
    remark("stopped")


def listen(majung: Majung, host: str | None = None, port: int | None = None) -> None:
    """Serve a Majung until SIGTERM or SIGINT, its read models kept up to date meanwhile."""
    # Only here: a command that serves nothing should not pay for the web framework.
    from api.http import create_app
    from api.http.server import Server

    settings = majung.settings
    host = host or settings.host
    if host not in ("127.0.0.1", "::1", "localhost"):
        remark(f"warning: there is no authentication yet, and {host} may be reached by others")
    with stopped_by_signals(), _listening(host, settings.port if port is None else port) as listening:
        # Addresses of pages hold pseudonyms, and stdout is for data.
        server = Server(create_app(majung, work=settings.embedded_worker), access_log=False)
        remark(f"serving on {_address(host, listening)}; Ctrl+C or SIGTERM ends it")
        try:
            server.run(sockets=[listening])
        except SystemExit:
            # Its own code would be the one of findings here.
            raise ServerNotStarted("the server did not start: the lines above say why") from None


def ensure_free(settings: Settings, port: int | None = None) -> None:
    """For who has long work to do before `listen`. Raises ServerNotStarted where that could not."""
    _listening(settings.host, settings.port if port is None else port).close()


def _listening(host: str, port: int) -> socket.socket:
    """A socket of our own: a taken port is told before anything starts. Raises ServerNotStarted."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = (error.strerror or "").partition(" (while")[0]
        raise ServerNotStarted(
            f"cannot listen on port {port} of {host} ({reason}): end what is there, or name another with --port or"
            " MAJUNG_PORT, --host or MAJUNG_HOST"
        ) from None


def _address(host: str, listening: socket.socket) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set in place of ending the process."""
    stop = Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
