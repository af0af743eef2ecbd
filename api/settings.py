"""Settings, each from an environment variable MAJUNG_<NAME> or a .env file; docs/settings.md lists them all."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from domain.touchpoint import Name

PREFIX = "MAJUNG_"


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


class Settings(BaseSettings):
    """Where the data are and how the server answers. The defaults make a laptop work."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, use_attribute_docstrings=True
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
    future_skew_hours: float = Field(default=24, ge=0)
    """How far ahead of the journal's clock a touchpoint may claim to have happened."""
    shift_manager: Name = "shift-manager"
    """Pseudonym of whoever manages the shift: every alert reaches them."""
    embedded_worker: bool = True
    """Whether `majung serve` keeps the read models up to date itself; off where a worker runs on its own."""

    @property
    def future_skew(self) -> timedelta:
        return timedelta(hours=self.future_skew_hours)


def load_settings(**given: Any) -> Settings:
    """The settings of the environment, with those given in place of its own. Raises SettingsInvalid."""
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = [(PREFIX + "_".join(map(str, fault["loc"])).upper(), fault["msg"]) for fault in error.errors()]
        raise SettingsInvalid("; ".join(f"{name}: {message}" for name, message in faults)) from None
    except SettingsError as error:
        raise SettingsInvalid(str(error)) from None


def settings_in(folder: Path) -> Settings:
    """The settings with all data in one folder, whatever the environment says about their places."""
    return load_settings(folder=folder, **{name: place.format(folder) for name, place in _PLACES.items()})
