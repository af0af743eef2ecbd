"""Settings: from the environment, with defaults that follow the folder, and one clear line when they are wrong."""

import os
from pathlib import Path

import pytest

from api.settings import Settings, SettingsInvalid, load_settings, settings_in, variables_without_effect


@pytest.fixture(autouse=True)
def unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MAJUNG_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_folder_moves_everything_that_has_no_place_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_FOLDER", "/srv/majung")
    monkeypatch.setenv("MAJUNG_VAULT_URL", "postgresql://vault@elsewhere/keys")
    settings = load_settings()
    assert settings.database_url == "sqlite:////srv/majung/majung.db"
    assert settings.master_key_file == Path("/srv/majung/master.key")
    assert settings.vault_url == "postgresql://vault@elsewhere/keys"


def test_a_folder_of_its_own_ignores_the_places_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_DATABASE_URL", "postgresql://majung@production/majung")
    monkeypatch.setenv("MAJUNG_PORT", "9000")
    settings = settings_in(Path("demo"))
    assert (settings.database_url, settings.port) == ("sqlite:///demo/majung.db", 9000)


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("MAJUNG_PORT=9001\nMAJUNG_HOST=127.0.0.2\nUNRELATED=1\n")
    monkeypatch.setenv("MAJUNG_PORT", "9002")
    assert (load_settings().port, load_settings().host) == (9002, "127.0.0.2")


def test_what_is_wrong_is_said_by_its_variable_and_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_PORT", "secret")
    monkeypatch.setenv("MAJUNG_FUTURE_SKEW_HOURS", "-3")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    assert str(caught.value) == "MAJUNG_PORT: must be a whole number; MAJUNG_FUTURE_SKEW_HOURS: must be at least 0.0"


@pytest.mark.parametrize(
    ("name", "told", "must"),
    [
        ("PORT", "99999", "must be at most 65535"),
        ("METRICS", "perhaps", "must be true or false"),
        ("METRICS_PORT", "any", "must be a whole number"),
        ("LOG_FORMAT", "xml", "must be 'text' or 'json'"),
        ("FUTURE_SKEW_HOURS", "a day", "must be a number"),
        ("FUTURE_SKEW_HOURS", "inf", "must be a finite number"),
        ("FUTURE_SKEW_HOURS", "1e300", "must be at most 876000.0"),
        ("SHIFT_MANAGER", "", "must not be empty"),
        ("SHIFT_MANAGER", "a\tb", "must hold no control characters"),
        ("SHIFT_MANAGER", "a" * 201, "must have at most 200 characters"),
        ("WORK", "eat", "'eat' is not one of project, ingest, publish"),
        ("KAFKA_BOOTSTRAP_SERVERS", "broker", "'broker' must be HOST:PORT"),
    ],
)
def test_a_setting_that_is_wrong_says_what_it_must_be(
    monkeypatch: pytest.MonkeyPatch, name: str, told: str, must: str
) -> None:
    monkeypatch.setenv(f"MAJUNG_{name}", told)
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    assert str(caught.value) == f"MAJUNG_{name}: {must}"


def test_a_file_of_settings_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("MAJUNG_SHIFT_MANAGER=김".encode("cp949"))
    with pytest.raises(SettingsInvalid, match="save it as UTF-8"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("MAJUNG_PROT", "did you mean MAJUNG_PORT?"),
        ("MAJUNG_DATABASEURL", "did you mean MAJUNG_DATABASE_URL?"),
        ("majung_prot", "did you mean MAJUNG_PORT?"),
        ("MAJUNG_COLOUR", "docs/settings.md has all settings"),
        ("MAJUNG_", "docs/settings.md has all settings"),
    ],
)
def test_a_variable_that_is_no_setting_is_told_by_its_name_and_not_by_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.setenv(name, "secret")
    assert list(variables_without_effect()) == [f"{name} is no setting of this release and changes nothing: {says}"]


def test_one_in_the_file_is_told_too_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("MAJUNG_WORKS=project\nexport MAJUNG_PROT=1\nMAJUNG_PORT=1\nUNRELATED=1\n")
    monkeypatch.setenv("MAJUNG_PROT", "2")
    assert [told.split()[0] for told in variables_without_effect()] == ["MAJUNG_PROT", "MAJUNG_WORKS"]


def test_settings_in_any_case_and_what_the_tests_read_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAJUNG_PORT", "majung_host", "MAJUNG_TEST_KAFKA", "MAJUNGO", "PORT"):
        monkeypatch.setenv(name, "1")
    assert list(variables_without_effect()) == []


def test_a_file_that_does_not_read_is_told_where_the_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("MAJUNG_PROT=김".encode("cp949"))
    assert list(variables_without_effect()) == []


def test_every_setting_explains_itself() -> None:
    assert all(field.description for field in Settings.model_fields.values())
