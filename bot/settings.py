"""Typed settings from the environment and `.env`; the environment wins."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.errors import SettingError

PREFIX = "HANDRAIL_"


class Settings(BaseSettings):
    """Every setting, each `HANDRAIL_NAME` in the environment. `docs/configuration.md` explains them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    database_url: str = "sqlite+aiosqlite:///handrail.db"
    keys: SecretStr | None = None
    public_url: str | None = None
    telegram_token: SecretStr | None = None
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_webhook_secret: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_api_url: str | None = None
    sms_from: str | None = None
    voice_from: str | None = None
    sms_rate: float = Field(default=1.0, gt=0, le=1000)
    telegram_rate: float = Field(default=30.0, gt=0, le=1000)
    heartbeat_url: str | None = None

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://", "postgresql+psycopg://")):
            raise ValueError(
                "must start with sqlite+aiosqlite:// or postgresql+asyncpg:// or postgresql+psycopg://"
            )
        return value

    @field_validator("public_url", "telegram_api_url", "twilio_api_url", "heartbeat_url")
    @classmethod
    def _whole_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must be a whole address such as https://bot.example.org")
        return value.rstrip("/")

    @field_validator("voice_from")
    @classmethod
    def _whole_number(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\+[1-9][0-9]{6,14}", value):
            raise ValueError("must be a number such as +12025550100")
        return value

    @model_validator(mode="after")
    def _belongs_together(self) -> Settings:
        if self.twilio_account_sid and not self.twilio_auth_token:
            raise ValueError("HANDRAIL_TWILIO_AUTH_TOKEN is missing; copy it from the Twilio console")
        if self.twilio_account_sid and not self.sms_from:
            raise ValueError("HANDRAIL_SMS_FROM is missing; give your Twilio number or MG… service")
        if self.twilio_account_sid and not self.public_url:
            raise ValueError("HANDRAIL_PUBLIC_URL is missing; Twilio signs requests to it")
        if self.telegram_token and self.telegram_mode == "webhook":
            if not self.telegram_webhook_secret:
                raise ValueError("HANDRAIL_TELEGRAM_WEBHOOK_SECRET is missing; choose a long random word")
            if not self.public_url:
                raise ValueError("HANDRAIL_PUBLIC_URL is missing; Telegram delivers to it")
        return self

    @property
    def voice_number(self) -> str | None:
        """Return the number that calls come from: its own setting, else the one that texts come from."""
        if self.twilio_account_sid is None:
            return None
        number = self.sms_from if self.sms_from and self.sms_from.startswith("+") else None
        return self.voice_from or number

    @property
    def twilio_tokens(self) -> tuple[str, ...]:
        """Return the auth tokens, newest first; several while rotating."""
        if self.twilio_auth_token is None:
            return ()
        return tuple(t.strip() for t in self.twilio_auth_token.get_secret_value().split(",") if t.strip())


def load() -> Settings:
    """Read the settings. Raises SettingError: one sentence naming the first wrong setting and the mend."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else ""
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingError(f"{name} {reason}".strip()) from None
