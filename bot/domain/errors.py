"""The one tree of errors. A class docstring is the sentence a person reads, and says what to do."""

from __future__ import annotations

from dataclasses import dataclass


class HandrailError(Exception):
    """Something went wrong in Handrail; see the log for the event id."""

    def __str__(self) -> str:
        """Return the given sentence, or the class's own."""
        return super().__str__() or (type(self).__doc__ or "").strip()


class SettingError(HandrailError):
    """A setting is missing or wrong; run `handrail doctor` for the list."""


class KeyringError(HandrailError):
    """HANDRAIL_KEYS lacks the key this data was locked with; add the older key behind the newest."""


class ErasedError(HandrailError):
    """This person's data was erased; there is nothing left to read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """One wrong field of a file: `line` counts from 1, `field` is its path, `sentence` says the mend."""

    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        """Write the error as one line."""
        return f"line {self.line}, {self.field}: {self.sentence}"


class ProgrammeFileError(HandrailError):
    """The programme file has errors; nothing was imported."""

    def __init__(self, errors: tuple[FieldError, ...] = ()) -> None:
        """Carry every wrong field, in order of line."""
        super().__init__("\n".join([(type(self).__doc__ or ""), *map(str, errors)]) if errors else "")
        self.errors = errors


class AddressError(HandrailError):
    """This is not a phone number Handrail can text; write it like +1 202 555 0100."""


class NotFoundError(HandrailError):
    """There is nothing by that name; `handrail export` lists what there is."""


class InboundError(HandrailError):
    """The provider's request could not be read; it was answered 400 and nothing was stored."""


class SignatureError(HandrailError):
    """The request is not signed by the provider; check the auth token and HANDRAIL_PUBLIC_URL."""
