"""A real Dask cluster on this machine: a scheduler, and workers as processes that a test may end."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.brokers import free_port

_ROOT = Path(__file__).parent.parent
_LOOPBACK = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """The address of a scheduler, which answers soon; its log goes to the folder."""
    port = free_port()
    with _running(folder, "scheduler", {}, *_LOOPBACK, "--port", str(port)):
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def worker(folder: Path, address: str, name: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of one thread and of this name; the settings of its environment are its own. It has no nanny: a worker
    that is killed stays away."""
    options = ("--nthreads", "1", "--no-nanny", "--name", name, "--local-directory", str(folder / "dask"))
    # By its name a worker's connections are known in the database.
    with _running(folder, "worker", {**environment, "PGAPPNAME": name}, address, *_LOOPBACK, *options) as process:
        yield process


@contextmanager
def _running(
    folder: Path, kind: str, environment: Mapping[str, str], *arguments: str
) -> Iterator[subprocess.Popen[bytes]]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAJUNG_", "DASK_"))}
    everything = {**inherited, "PYTHONPATH": str(_ROOT), **environment}
    with (folder / f"{kind}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", kind, *arguments], cwd=folder, env=everything, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
