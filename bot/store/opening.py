"""The database that the settings name, with its vault."""

from __future__ import annotations

from bot.domain.errors import SettingError
from bot.domain.instants import Now, system_now
from bot.settings import Settings
from bot.store.database import Database
from bot.store.vault import KeyRing, Vault


def make_database(settings: Settings, *, now: Now = system_now) -> Database:
    """Return the database with its vault. Raises SettingError without keys, KeyringError for damaged ones."""
    if settings.keys is None:
        raise SettingError("HANDRAIL_KEYS is missing; `handrail keys new` prints one to put into .env")
    vault = Vault(KeyRing.parse(settings.keys.get_secret_value()))
    return Database(settings.database_url, vault=vault, now=now)
