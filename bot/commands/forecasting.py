"""`handrail forecast`: how much is sent when, and where a sender is too slow for it."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from datetime import date
from typing import Any

from bot.actions.forecasting import Forecast, Hour
from bot.actions.forecasting import forecast as foresee
from bot.commands.opening import opened
from bot.commands.showing import print_json, progress_bar
from bot.domain.messages import ChannelName
from bot.settings import Settings, load

WIDTH = 40  # characters of the longest bar


def forecast(*, days: int, as_json: bool) -> None:
    """Print the volume of the next days; warn of peaks that can't be sent in time."""
    found = asyncio.run(_read(load(), days))
    if as_json:
        print_json(to_data(found))
    else:
        _draw(found)
        _warn(found)


def to_data(found: Forecast) -> dict[str, Any]:
    """Return the forecast as JSON data; hours without a text are left out."""
    return {
        "begins": found.begins.isoformat(),
        "people": found.people,
        "rates": {str(channel): rate for channel, rate in found.rates.items()},
        "dropped_in_quiet_hours": found.quiet,
        "held_back_by_caps": {day.isoformat(): count for day, count in found.capped.items()},
        "too_late_by_caps": found.lost,
        "hours": [
            {"at": hour.at.isoformat(), **{str(channel): count for channel, count in hour.texts.items()}}
            for hour in found.hours
            if any(hour.texts.values())
        ],
        "peaks": [
            {
                "channel": str(channel),
                "at": peak.at.isoformat(),
                "hours": peak.hours,
                "due": peak.due,
                "expired": peak.expired,
                "rate_needed": round(peak.rate, 2),
            }
            for channel, own in found.peaks.items()
            for peak in own
        ],
    }


def _draw(found: Forecast) -> None:
    from rich.console import Console
    from rich.table import Table

    days: defaultdict[date, list[Hour]] = defaultdict(list)
    for hour in found.hours:
        days[hour.at.date()].append(hour)
    most = max((sum(map(_total, hours)) for hours in days.values()), default=0)
    late = {peak.at.date() for own in found.peaks.values() for peak in own}
    table = Table("day (UTC)", "texts", "", "busiest hour", "held back by caps", box=None, pad_edge=False)
    for day, hours in days.items():
        texts, busiest = sum(map(_total, hours)), max(hours, key=_total)
        bar = "█" * round(WIDTH * texts / most) if most else ""
        peak = f"{busiest.at:%H}:00  {_total(busiest):,}" if texts else ""
        capped = f"{held:,}" if (held := found.capped.get(day, 0)) else ""
        style = "red" if day in late else None
        table.add_row(f"{day:%a %Y-%m-%d}", f"{texts:,}", bar, peak, capped, style=style)
    Console().print(table)
    quiet = f"; quiet hours drop {found.quiet:,}" if found.quiet else ""
    lost = f", of which {found.lost:,} then come too late" if found.lost else ""
    caps = f" Caps hold back {held:,} of these{lost}." if (held := sum(found.capped.values())) else ""
    print(f"{found.people:,} people on schedules{quiet}.{caps}")


def _warn(found: Forecast) -> None:
    for channel, own in found.peaks.items():
        for peak in own:
            print(
                f"warning: {channel}: {peak.due:,} fall due in {peak.hours} h "
                f"from {peak.at:%a %Y-%m-%d %H:%M}Z; "
                f"at {found.rates[channel]:g} a second {peak.expired:,} are too late to be sent. "
                f"Spread them, or send {peak.rate:.1f} a second.",
                file=sys.stderr,
            )


def _total(hour: Hour) -> int:
    return sum(hour.texts.values())


async def _read(settings: Settings, days: int) -> Forecast:
    rates = {ChannelName.SMS: settings.sms_rate, ChannelName.TELEGRAM: settings.telegram_rate}
    with progress_bar("Counting") as progress:
        async with opened(settings) as database, database.read() as tx:
            return await foresee(tx, days=days, rates=rates, progress=progress)
