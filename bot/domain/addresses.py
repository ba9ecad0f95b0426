"""Write a phone number or a chat id the one way it is stored, looked up and sent to."""

from __future__ import annotations

import phonenumbers

from bot.domain.errors import AddressError
from bot.domain.phrases import fold

# Telegram promises that ids fit 52 bits; groups are negative.
_LARGEST_CHAT = 2**52


def phone(text: str, country: str) -> str:
    """Return `text` as E.164; numbers without a leading + are read as in `country` (ISO 3166, "US").

    Only the length is judged: numbering plans change faster than tables of them, and the numbers kept
    for examples (555-01xx) are in none. Raises AddressError.
    """
    try:
        parsed = phonenumbers.parse(fold(text), country.upper())
    except phonenumbers.NumberParseException:
        raise AddressError from None
    # Not `is_possible_number`: that also takes local numbers without their area code.
    length = phonenumbers.is_possible_number_with_reason(parsed)
    if parsed.extension or length != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise AddressError
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def chat(value: str | int) -> str:
    """Return a Telegram chat id in digits, with a minus for a group. Raises AddressError."""
    digits = str(value).strip()
    number = int(digits) if digits.removeprefix("-").isdecimal() and len(digits) < 20 else 0
    if not 0 < abs(number) < _LARGEST_CHAT:
        raise AddressError("This is not a Telegram chat id; it is a whole number such as 700001.")
    return str(number)
