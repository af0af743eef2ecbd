"""`majung serve` and `majung work`: what runs until it is told to stop."""

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import Annotated

import typer

from api import wiring, working
from api.cli.exits import ExitCode, exit_code, message
from api.cli.messages import remark
from api.logs import kind_and_places, logged
from api.settings import Settings, load_settings, variables_without_effect
from api.wiring import Majung
from replay.live.held import OF_SOMEBODY, cause_of

log = logging.getLogger("majung.cli")

_OURS_ALONE = ("127.0.0.1", "::1", "localhost")

Host = Annotated[str | None, typer.Option(help="The address to listen on. MAJUNG_HOST unless told.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="The port to listen on. MAJUNG_PORT unless told.")]


class ServerNotStarted(OSError):
    """Nothing is served: the address is taken or none of ours, or the server could not begin."""


def serve(host: Host = None, port: Port = None) -> None:
    """Serve HTTP, and keep the read models up to date meanwhile unless MAJUNG_EMBEDDED_WORKER is off."""
    settings = load_settings()
    with told_in_log(settings):
        _warn_of_variables(settings)
        with wiring.start(settings) as majung:
            listen(majung, host, port)


def work() -> None:
    """Do what MAJUNG_WORK names (project, ingest, publish) until SIGTERM or SIGINT; what is in hand is finished."""
    settings = load_settings()
    with told_in_log(settings):
        _warn_of_variables(settings)
        with wiring.start(settings) as majung, stopped_by_signals() as stop, _metrics_told(majung):
            _say(settings, f"working: {', '.join(settings.parts)}")
            working.work(majung, stop)
        _say(settings, "stopped")


def listen(majung: Majung, host: str | None = None, port: int | None = None) -> None:
    """Serve a Majung until SIGTERM or SIGINT, its read models kept up to date meanwhile."""
    # Only here: a command that serves nothing should not pay for the web framework.
    from api.http import create_app
    from api.http.server import Server

    settings = majung.settings
    host = host or settings.host
    if host not in _OURS_ALONE:
        _say(settings, f"warning: there is no authentication yet, and {host} may be reached by others")
    with stopped_by_signals(), _listening(host, settings.port if port is None else port) as listening:
        # Addresses of pages hold pseudonyms: the application logs its requests itself.
        server = Server(create_app(majung, work=settings.embedded_worker), access_log=False, log_config=None)
        _say(settings, f"serving on {_address(host, listening.getsockname()[1])}; Ctrl+C or SIGTERM ends it")
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


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def _metrics_told(majung: Majung) -> Iterator[None]:
    """Tell the metrics of this process while the block runs, where the settings name a port for that."""
    settings = majung.settings
    if settings.metrics_port is None:
        yield
        return
    # Only here: most commands serve nothing.
    from api.metrics import registry_of, served

    host = settings.metrics_host
    with served(registry_of(majung), host, settings.metrics_port) as port:
        if host not in _OURS_ALONE:
            _say(settings, f"warning: whoever reaches {host} can read the metrics")
        _say(settings, f"metrics at {_address(host, port)}/metrics")
        yield


def _say(settings: Settings, text: str) -> None:
    """A remark to people; to machines a line of the log, so that every line on stderr is one."""
    if settings.log_format == "json":
        log.info(text)
    else:
        remark(text)


def _warn_of_variables(settings: Settings) -> None:
    """As every other command does, but in the log where that is for machines."""
    for told in variables_without_effect():
        if settings.log_format == "json":
            log.warning(told)
        else:
            remark(f"warning: {told}")


@contextmanager
def told_in_log(settings: Settings) -> Iterator[None]:
    """Log while the block runs; why it ends is a line of the log too.

    A defect is told by its kind and places, and not with its traceback: its message may name people. What does not read
    of somebody is told by what to do about it.
    """
    with logged(settings.log_format, settings.log_level):
        try:
            yield
        except Exception as error:
            code = exit_code(error)
            if code is None:
                log.critical("ended by a defect", extra=kind_and_places(error))
                raise typer.Exit(ExitCode.FAILED) from None
            said = cause_of(error).message if isinstance(error, OF_SOMEBODY) else message(error)
            if settings.log_format == "json":
                log.error(said)
                raise typer.Exit(code) from None
            if isinstance(error, OF_SOMEBODY):
                remark(f"majung: {said}")
                raise typer.Exit(code) from None
            raise


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
