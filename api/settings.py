"""Settings, each from an environment variable MAJUNG_<NAME> or a .env file; docs/settings.md lists them all."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from api.logs import Format, Level
from domain.field_faults import faults_in_file, said
from domain.nearest import nearest
from domain.touchpoint import Name
from replay.rebuild.by_person import WORTH_IT

PREFIX = "MAJUNG_"
OF_TESTS = "MAJUNG_TEST_"
"""What begins so is read by our tests alone."""
ENV_FILE = ".env"
MOST_SKEW_HOURS = 876_000
"""A hundred years: no clock is further out, and no moment that far ahead can be computed for ever."""


class SettingsInvalid(ValueError):
    """Settings have wrong values; the message names the variables and says what each must be."""


_PLACES = {
    "database_url": "sqlite:///{}/majung.db",
    "vault_url": "sqlite:///{}/vault.db",
    "master_key_file": "{}/master.key",
}
"""What lies in the folder unless told otherwise."""


def _in_folder(name: str) -> Any:
    return Field(default_factory=lambda settings: _PLACES[name].format(settings["folder"]), validate_default=True)


Part = Literal["project", "ingest", "publish"]
"""What `majung work` can do."""


class Settings(BaseSettings):
    """Where the data are and how the server answers. The defaults make a laptop work."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True, use_attribute_docstrings=True
    )

    folder: Path = Path(".majung")
    """Where everything lies that has no place of its own below."""
    database_url: str = _in_folder("database_url")
    """The journal and the read models: sqlite:///FILE or postgresql://USER@HOST/NAME."""
    vault_url: str = _in_folder("vault_url")
    """The participants' keys; keep it apart from the journal and its backups."""
    master_key_file: Path = _in_folder("master_key_file")
    """The key that wraps the participants' keys; made by `majung db upgrade` where it is missing."""
    host: str = "127.0.0.1"
    """The address that `majung serve` listens on."""
    port: int = Field(default=8120, ge=0, le=65535)
    """The port that `majung serve` listens on."""
    future_skew_hours: float = Field(default=24, ge=0, le=MOST_SKEW_HOURS, allow_inf_nan=False)
    """How far ahead of the journal's clock a touchpoint may claim to have happened."""
    shift_manager: Name = "shift-manager"
    """Pseudonym of whoever manages the shift: every alert reaches them."""
    embedded_worker: bool = True
    """Whether `majung serve` keeps the read models up to date itself; off where a worker runs on its own."""

    replay_copies_from: int = Field(default=WORTH_IT, ge=0)
    """Of how many events on a replay first copies the journal by person; 0: it never does. See docs/replay.md."""

    metrics: bool = True
    """Whether `majung serve` tells its metrics at /metrics."""
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """The port where `majung work` tells its metrics; it tells none unless it is set."""
    metrics_host: str = "127.0.0.1"
    """The address of that port."""
    log_format: Format = "text"
    """How `majung serve` and `majung work` log to stderr: `text` for people, `json` for machines."""
    log_level: Level = "info"
    """The least that is logged: `debug`, `info`, `warning` or `error`."""

    work: str = "project"
    """What `majung work` does, of `project`, `ingest` and `publish`, separated by commas."""
    kafka_bootstrap_servers: str | None = None
    """Brokers as HOST:PORT, separated by commas; Kafka is off unless it is set."""
    kafka_group_id: str = Field(default="majung", min_length=1)
    """The consumer group that touchpoints are read in."""
    kafka_partitions: int = Field(default=6, ge=1)
    """Into how many partitions each topic is divided: as many may read it at once."""
    kafka_replication_factor: int = Field(default=1, ge=1)
    """On how many brokers each partition is kept."""
    kafka_parked_mib: int = Field(default=1024, ge=1)
    """How many MiB of parked messages may wait for a decision; a partition with more of them waits too."""
    kafka_journeys: bool = False
    """Whether `publish` also keeps everybody's journey in a topic: stages under pseudonyms."""

    @field_validator("kafka_bootstrap_servers")
    @classmethod
    def _are_addresses(cls, told: str | None) -> str | None:
        servers = [server.strip() for server in (told or "").split(",")]
        if wrong := [server for server in servers if told and not re.fullmatch(r"\S+:\d{1,5}", server)]:
            raise ValueError(f"{', '.join(map(repr, wrong))} must be HOST:PORT")
        return ",".join(servers) or None

    @field_validator("work")
    @classmethod
    def _names_parts(cls, told: str) -> str:
        _parts(told)
        return told

    @property
    def parts(self) -> tuple[Part, ...]:
        """What `majung work` does, each once."""
        return _parts(self.work)

    @property
    def future_skew(self) -> timedelta:
        return timedelta(hours=self.future_skew_hours)


def _parts(told: str) -> tuple[Part, ...]:
    names = [name.strip() for name in told.split(",")]
    if unknown := [name for name in names if name not in get_args(Part)]:
        raise ValueError(f"{', '.join(map(repr, unknown))} is not one of {', '.join(get_args(Part))}")
    return tuple(dict.fromkeys(cast(list[Part], names)))


def load_settings(**given: Any) -> Settings:
    """The settings of the environment, with those given in place of its own. Raises SettingsInvalid."""
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = faults_in_file(Settings, error, "the settings")
        raise SettingsInvalid(said((PREFIX + name.upper(), rule) for name, rule in faults)) from None
    except UnicodeDecodeError:
        raise SettingsInvalid(f"{ENV_FILE} is not UTF-8: save it as UTF-8") from None


def variables_without_effect() -> Iterator[str]:
    """What to say of each variable that looks like a setting and is none, by its name and never by its value.

    It is nothing to stop for: what a newer release reads must not keep an older one from running again.
    """
    settings = Settings.model_fields
    for name in dict.fromkeys([*os.environ, *_names_in_file()]):
        told = name.upper()
        if not told.startswith(PREFIX) or told.startswith(OF_TESTS) or told[len(PREFIX) :].lower() in settings:
            continue
        near = nearest(told[len(PREFIX) :], settings)
        meant = f"did you mean {PREFIX}{near.upper()}?" if near else "docs/settings.md has all settings"
        yield f"{name} is no setting of this release and changes nothing: {meant}"


def _names_in_file() -> list[str]:
    """The variables of the .env file. One that does not read is told by whoever reads the settings."""
    try:
        # A pipe is read once only, by whoever reads the settings.
        found = Path(ENV_FILE).is_file()
        return list(DotEnvSettingsSource(Settings, case_sensitive=True).env_vars) if found else []
    except (UnicodeDecodeError, OSError):
        return []


def settings_in(folder: Path) -> Settings:
    """The settings with all data in one folder, whatever the environment says about their places."""
    return load_settings(folder=folder, **{name: place.format(folder) for name, place in _PLACES.items()})
