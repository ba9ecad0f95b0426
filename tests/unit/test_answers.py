"""Answer specifications survive being stored."""

from __future__ import annotations

import json

import pytest

from bot.domain.answers import AnswerSpec, Choice, FreeText, Option, Scale, YesNo, from_data, to_data


@pytest.mark.parametrize(
    "spec",
    [
        Scale(low=0, high=10, about="mood"),
        Scale(low=1, high=6),
        Choice(
            options=(Option(key="2", labels={"en": "No"}), Option(key="1", labels={"en": "Ride", "es": "Si"}))
        ),
        YesNo(about="ride"),
        FreeText(),
    ],
)
def test_it_comes_back_from_json_as_it_went(spec: AnswerSpec) -> None:
    """A published version is stored as JSON; order of choices included."""
    assert from_data(json.loads(json.dumps(to_data(spec)))) == spec


def test_an_unknown_kind_is_an_error() -> None:
    """Data from elsewhere never becomes an answer by chance."""
    with pytest.raises(KeyError):
        from_data({"slider": True})
