"""A running Majung on SQLite and its HTTP API, without the worker: every answer is folded on demand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import wiring
from api.http import create_app
from api.settings import Settings
from api.wiring import Majung
from tests.api.http.requests import settings_in


@pytest.fixture(scope="session")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that an upgrade makes, to be copied."""
    folder = tmp_path_factory.mktemp("upgraded")
    wiring.upgrade(settings_in(folder))
    return folder


@pytest.fixture
def settings(upgraded: Path, tmp_path: Path) -> Settings:
    """An upgraded, empty Majung on SQLite."""
    shutil.copytree(upgraded, tmp_path, dirs_exist_ok=True)
    return settings_in(tmp_path)


@pytest.fixture
def majung(settings: Settings) -> Iterator[Majung]:
    with wiring.start(settings) as majung:
        yield majung


@pytest.fixture
def client(majung: Majung) -> TestClient:
    return TestClient(create_app(majung, work=False))


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One application for all examples of a property: each example is about people of its own."""
    settings = settings_in(tmp_path_factory.mktemp("shared"))
    wiring.upgrade(settings)
    with wiring.start(settings) as majung:
        yield TestClient(create_app(majung, work=False))
