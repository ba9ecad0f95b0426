"""`handrail check`: what a coordinator should mend in a programme file or a sheet before importing it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bot.commands.files import is_sheet, read_bytes, read_file
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.programme import Programme
from bot.domain.programme_reading import parse_programme
from bot.domain.reviewing import Remark, review, texts_of
from bot.domain.schedule_sheet import read_sheet_alone
from bot.domain.wording import Rule, Severity, segments
from schedules.built_in import library

NO_PLACE = {Rule.LANGUAGE}


def check(path: Path, *, as_json: bool, price: float | None) -> None:
    """Print every fault and finding with its level, place, reason and mend; exit 1 if any is an error.

    Needs no settings and no database. `price` is what one SMS segment costs.
    """
    try:
        programme = _read(path)
    except ProgrammeFileError as error:
        _say_faults(path, error, as_json=as_json)
        raise SystemExit(1) from None
    remarks = review(programme)
    costs = _costs(programme, price)
    if as_json:
        data = {"faults": [], "findings": [to_data(one) for one in remarks], "sms": costs}
        print(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        for remark in remarks:
            print(in_words(remark))
        _say_costs(costs, len(remarks))
    if any(one.finding.level is Severity.ERROR for one in remarks):
        raise SystemExit(1)


def in_words(remark: Remark) -> str:
    """Write a finding as one line: level, place, words, reason, mend."""
    finding, words = remark.finding, ""
    start, end = finding.place
    if 0 < end - start < min(len(remark.text), 40):
        words = f" “{remark.words}”"
    return f"{finding.level}: {remark.place}{words}: {finding.reason} {finding.mend}"


def to_data(remark: Remark) -> dict[str, Any]:
    """Return a finding as JSON data; `from` and `to` are characters of the text as it is sent."""
    finding, place = remark.finding, remark.place
    return {
        "level": str(finding.level),
        "rule": str(finding.rule),
        "where": place.where,
        "part": place.part,
        "language": place.language,
        "from": finding.place[0],
        "to": finding.place[1],
        "words": remark.words,
        "reason": finding.reason,
        "mend": finding.mend,
    }


def _read(path: Path) -> Programme:
    if is_sheet(path):
        return read_sheet_alone(read_bytes(path))
    return parse_programme(read_file(path), library())


def _say_faults(path: Path, error: ProgrammeFileError, *, as_json: bool) -> None:
    faults = error.errors or (FieldError(line=1, field="file", sentence=str(error)),)
    if as_json:
        told = [{"line": one.line, "field": one.field, "sentence": one.sentence} for one in faults]
        print(json.dumps({"faults": told, "findings": [], "sms": {}}, ensure_ascii=False, indent=2))
        return
    for fault in faults:
        print(f"{path.name}: {fault}", file=sys.stderr)


def _costs(programme: Programme, price: float | None) -> dict[str, Any]:
    counted = [segments(said.text).count for said in texts_of(programme) if said.sent]
    costs: dict[str, Any] = {"texts": len(counted), "over_one": sum(count > 1 for count in counted)}
    costs["dearest"] = max(counted, default=0)
    if price is not None:
        costs["dearest_price"] = round(max(counted, default=0) * price, 4)
        costs["average_price"] = round(sum(counted) * price / max(1, len(counted)), 4)
    return costs


def _say_costs(costs: dict[str, Any], findings: int) -> None:
    line = f"{costs['texts']} texts, {costs['over_one']} over one SMS, {findings} findings."
    if "average_price" in costs:
        line += f" A text costs {costs['average_price']} on average, {costs['dearest_price']} at most."
    print(line)
