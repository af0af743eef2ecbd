"""The real Kafka of the tests: the one that MAJUNG_TEST_KAFKA names, or Apache Kafka, or a stand-in from a wheel.

Apache Kafka is fetched by Maven, once for each user of a machine, and needs Java 17.
"""

import base64
import fcntl
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

KAFKA_VERSION = "4.3.1"
ONE_NODE = {
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.replication.factor": "1",
}
"""What a cluster of one node needs; docs/compose/compose.yaml says the same."""

_QUICK = {
    "broker.heartbeat.interval.ms": "500",
    # A broker that was killed is not let in again before its session has ended.
    "broker.session.timeout.ms": "3000",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
}
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>majung</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_FETCH_SECONDS = 300
_START_SECONDS = 90
_STOP_SECONDS = 30


class NoBroker(Exception):
    """No Kafka can be had on this machine; the message says why."""


class Broker:
    """A broker that tests may end and start again on the same port and data."""

    def __init__(
        self, name: str, address: str, folder: Path | None, command: list[str], *, is_stand_in: bool = False
    ) -> None:
        self.name = name
        self.address = address
        self.is_stand_in = is_stand_in
        self._folder = folder
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it answers. Does nothing where it already runs.

        It ends with the thread that started it, whatever ends that: call this from the main thread.
        """
        if self._process is not None:
            return
        folder = self._ours()
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_tied(), *self._command], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=folder
            )
        self._wait()

    def stop(self) -> None:
        """End it in good order, with its data on the disk."""
        self._end(kill=False)

    def kill(self) -> None:
        """End it at once (SIGKILL). Skips the test where that would lose what was acknowledged."""
        self.needs_apache("forgets what it acknowledged when it is killed")
        self._end(kill=True)

    def needs_apache(self, flaw: str) -> None:
        """Skips the test on a stand-in, of which this is true."""
        if self.is_stand_in:
            pytest.skip(f"{self.name} {flaw}")

    def _end(self, *, kill: bool) -> None:
        self._ours()
        process, self._process = self._process, None
        if process is None:
            return
        if not kill:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
                return
            except subprocess.TimeoutExpired:
                pass
        process.kill()
        process.wait()

    def _ours(self) -> Path:
        if self._folder is None:
            pytest.skip("the broker that MAJUNG_TEST_KAFKA names is not ours to stop and start")
        return self._folder

    def _wait(self) -> None:
        process, until = self._process, time.monotonic() + _START_SECONDS
        assert process is not None
        while not _answers(self.address):
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                if time.monotonic() < until:
                    continue
            self._process = None
            process.kill()
            process.wait()
            raise RuntimeError(f"{self.name} did not start: {self._log_tail()}")

    def _log_tail(self) -> str:
        return (self._ours() / "log").read_text(errors="replace")[-3000:]


@contextmanager
def broker() -> Iterator[Broker]:
    """A running broker of one's own, ended and removed at the end.

    Raises NoBroker where none can be had.
    """
    if given := os.environ.get("MAJUNG_TEST_KAFKA"):
        yield Broker(f"the broker at {given} (MAJUNG_TEST_KAFKA)", given, None, [])
        return
    folder = Path(tempfile.mkdtemp(prefix="kafka", dir="/tmp"))
    try:
        started = _broker_in(folder)
        started.start()
        try:
            yield started
        finally:
            started._end(kill=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _broker_in(folder: Path) -> Broker:
    try:
        return _apache(folder)
    except NoBroker as reason:
        return _stand_in(folder, str(reason))


def _apache(folder: Path) -> Broker:
    java = shutil.which("java")
    if java is None:
        raise NoBroker("no Apache Kafka: there is no java")
    classes = f"{_jars()}/*"
    port, controller = free_port(), free_port()
    properties = folder / "server.properties"
    listeners = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": f"{folder}/data",
    }
    properties.write_text("".join(f"{key}={value}\n" for key, value in (listeners | ONE_NODE | _QUICK).items()))
    quick = [java, "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    run = [*quick, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classes]
    # One that begins with a dash would be taken for an option.
    cluster = base64.urlsafe_b64encode(b"\0" + uuid4().bytes[1:]).decode().rstrip("=")
    _run([*run, "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(properties)])
    name = f"Apache Kafka {KAFKA_VERSION}"
    return Broker(name, f"127.0.0.1:{port}", folder, [*run, "kafka.Kafka", str(properties)])


def _jars() -> Path:
    """Apache Kafka's jars, fetched by Maven once for this user and kept beside no repository."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "majung"
    jars = cache / f"kafka-{KAFKA_VERSION}"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise NoBroker("no Apache Kafka: there is no mvn to fetch it")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock, tempfile.TemporaryDirectory(prefix=".kafka", dir=cache) as folder:
        # One run fetches, the others wait for it; the rename makes a fetch that was cut short invisible.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            pom = Path(folder, "pom.xml")
            pom.write_text(_POM)
            into = f"-DoutputDirectory={folder}/libs"
            _run([maven, "-B", "-q", "-f", str(pom), _COPY, "-DincludeScope=runtime", into])
            Path(folder, "libs").rename(jars)
    return jars


def _stand_in(folder: Path, reason: str) -> Broker:
    # Found without importing, as it is only a program in a wheel.
    found = find_spec("noida_db")
    if found is None or found.origin is None:
        raise NoBroker(f"{reason}, and no stand-in: install noida-db, or set MAJUNG_TEST_KAFKA")
    program = Path(found.origin).with_name("noida-db")
    port = free_port()
    command = [str(program), "start", "--only", "kafka", "--kafka-port", str(port), "--data-dir", f"{folder}/data"]
    return Broker(f"noida-db {_version('noida-db')} ({reason})", f"127.0.0.1:{port}", folder, command, is_stand_in=True)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of unknown version"


def _tied() -> list[str]:
    """Makes a program end with who started it, where the system can: a run that is killed leaves no broker behind."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise NoBroker(f"no Apache Kafka: {Path(command[0]).name} took more than {_FETCH_SECONDS} s") from None
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-1000:]
        raise NoBroker(f"no Apache Kafka: {Path(command[0]).name} failed: {said}")


def free_port() -> int:
    """One of 127.0.0.1 where nothing listens."""
    # Below the range that outgoing connections take, so that nobody takes it while the broker is down.
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        # The client is asked only once something listens: its refused connections leave open sockets behind.
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    try:
        client = KafkaAdminClient(bootstrap_servers=address)
    except KafkaError:
        return False
    try:
        client.list_topics()
    except KafkaError:
        return False
    finally:
        client.close()
    return True
