"""The single values of a programme file: names, numbers, times, and the words nobody may use."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import available_timezones

import phonenumbers

from bot.domain.durations import parse_duration
from bot.domain.errors import AddressError, HandrailError
from bot.domain.hours import Window, parse_clock, parse_window
from bot.domain.overrides import FURTHEST, Usual
from bot.domain.yaml_fields import Field, WrongFieldError
from bot.domain.zones import ZoneError, zone_of

# Carriers act on these by themselves, so they never reach us as an answer.
CARRIER_WORDS = frozenset(
    [
        *["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"],
        *["START", "YES", "UNSTOP", "HELP", "INFO"],
    ]
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
_KEYWORD = re.compile(r"[A-Za-z0-9]{2,20}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CHAT = re.compile(r"-?[0-9]{1,19}")
_SESSION = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")


class CarrierWordError(HandrailError):
    """Phone carriers act on this word themselves, so it cannot be used; choose another."""


def read_name(field: Field) -> str:
    """Read a ref, key or schedule name. Raises WrongFieldError."""
    text = field.text()
    if not _NAME.fullmatch(text):
        raise WrongFieldError(
            "A name here has letters, digits, dots, dashes and underscores only, at most 64."
        )
    return text


def read_language(field: Field) -> str:
    """Read a language code such as en or es. Raises WrongFieldError."""
    text = field.text()
    if not _LANGUAGE.fullmatch(text):
        raise WrongFieldError("A language is written like en or es.")
    return text


def read_duration(field: Field) -> timedelta:
    """Read a duration longer than nothing. Raises DurationError, WrongFieldError."""
    length = parse_duration(field.text())
    if not length:
        raise WrongFieldError("This must be longer than nothing.")
    return length


def refuse_carrier_word(text: str) -> None:
    """Raise CarrierWordError if carriers act on `text` by themselves."""
    if text.strip().strip(".!?").upper() in CARRIER_WORDS:
        raise CarrierWordError


def read_texts(field: Field, languages: Collection[str] | None, most: int) -> dict[str, str]:
    """Read a text by language, leaving wrong ones out; `languages` None lets any in.

    Raises WrongFieldError when there is none at all.
    """
    keys = field.keys()
    texts: dict[str, str] = {}
    for language, below in keys.found.items():
        if not _LANGUAGE.fullmatch(language) or (languages is not None and language not in languages):
            below.say("This is not one of the programme's languages.")
        else:
            texts.update((language, text) for text in below.attempt(lambda found: found.text(most=most)))
    if not keys.found and not keys.broken:
        raise WrongFieldError("Write the text in at least one language.")
    return texts


def read_country(field: Field) -> str:
    """Read a country of two letters. Raises WrongFieldError."""
    text = field.text()
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise WrongFieldError("A country is its two letters, like US or GB.")
    return text


def read_zone(field: Field) -> str:
    """Read an IANA zone. Raises ZoneError, which may suggest another."""
    text = field.text()
    try:
        zone_of(text)
    except ZoneError as error:
        like = _zone_like(text)
        raise ZoneError(f"{error} Did you mean {like}?" if like else str(error)) from None
    return text


@lru_cache(maxsize=256)  # one wrong zone is often on every line, and looking through all of them is slow
def _zone_like(text: str) -> str | None:
    return next(iter(get_close_matches(text, available_timezones(), n=1)), None)


def read_quiet_hours(field: Field) -> Window | None:
    """Read quiet hours, None for `none`. Raises WrongFieldError."""
    text = field.text()
    if text == "none":
        return None
    return parse_window(text)


def read_keyword(field: Field) -> str:
    """Read a word to join by. Raises WrongFieldError, CarrierWordError."""
    text = field.text()
    if not _KEYWORD.fullmatch(text):
        raise WrongFieldError("A join keyword is one word of 2 to 20 letters and digits.")
    refuse_carrier_word(text)
    return text


def read_email(field: Field) -> str:
    """Read an email address. Raises WrongFieldError."""
    text = field.text()
    if not _EMAIL.fullmatch(text):
        raise WrongFieldError("This is not an email address.")
    return text


def read_chat(field: Field) -> str:
    """Read a Telegram chat's number, as digits. Raises WrongFieldError."""
    text = field.text()
    if not _CHAT.fullmatch(text):
        raise WrongFieldError("A Telegram contact is the chat's number.")
    return str(int(text))


def read_session(field: Field) -> datetime:
    """Read a session's naive wall time. Raises WrongFieldError."""
    text = field.text()
    try:
        if _SESSION.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:  # such as 30 February
        pass
    raise WrongFieldError("A session is written like 2026-11-26 15:00, in the participant's own time.")


def read_days(field: Field) -> tuple[date, ...]:
    """Read a list of dates, in their order and each once."""
    return tuple(sorted(set(field.each(Field.day))))


def read_own_time(field: Field) -> time | Usual:
    """Read a time of day of somebody's own, or `usual` for none. Raises ClockError."""
    text = field.text()
    return Usual.USUAL if text == Usual.USUAL else parse_clock(text)


def read_shift(field: Field) -> timedelta:
    """Read by how much everything comes later, or with a minus earlier. Raises WrongFieldError."""
    text = field.text()
    length = parse_duration(text.removeprefix("-"))
    if length > FURTHEST or length % timedelta(minutes=1):
        raise WrongFieldError("This is whole minutes, hours or days, at most a week, like 2h or -1d.")
    return -length if text.startswith("-") else length


def read_phone(field: Field, country: str) -> str:
    """Read a phone number, in `country` unless it begins with +, as E.164. Raises AddressError."""
    try:
        number = phonenumbers.parse(field.text(most=40), country)
    except phonenumbers.NumberParseException:
        raise AddressError from None
    # Length only: lists of area codes go out of date, and a wrong one is the provider's to refuse.
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE or number.extension:
        raise AddressError
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
