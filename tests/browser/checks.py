"""What a page owes everybody, asked of the browser itself: contrast, names, sizes (WCAG 2.2, level AA)."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = (Path(__file__).parent / "checks.js").read_text("utf-8")


def contrast_faults(page: Page) -> list[str]:
    """Return texts with less contrast than 4.5 to 1 (3 to 1 if large; criterion 1.4.3)."""
    return _ask(page, "contrast")


def naming_faults(page: Page) -> list[str]:
    """Return controls without a name, ids used twice, headings out of order."""
    return _ask(page, "names")


def target_faults(page: Page) -> list[str]:
    """Return controls smaller than 24 by 24 pixels (criterion 2.5.8)."""
    return _ask(page, "targets")


def _ask(page: Page, check: str) -> list[str]:
    faults: list[str] = page.evaluate(f"() => {{ {SCRIPT}; return checks.{check}(); }}")
    return faults
