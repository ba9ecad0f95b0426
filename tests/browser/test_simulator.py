"""The demo's page, driven as people do it: by mouse, by keyboard, on a phone, in the dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.checks import contrast_faults, naming_faults, target_faults

CRISIS = "I don't want to be here anymore"
TAKEN = "Dana from your team has your message now."


def phone(page: Page, side: str) -> Locator:
    """Return one of the two phones: "participant" or "staff"."""
    return page.locator(f"#{side}")


def write(page: Page, side: str, text: str) -> None:
    """Type a text on a phone and send it."""
    field = phone(page, side).locator(".composer input")
    field.fill(text)
    field.press("Enter")
    expect(field).to_have_value("")


def bubbles(page: Page, side: str) -> Locator:
    """Return what the programme sent to a phone."""
    return phone(page, side).locator(".theirs .bubble")


def test_a_crisis_reaches_the_team_and_the_person_hears_who_has_it(page: Page) -> None:
    """Type it on one phone, see it on the other, tap "I have it", and be told on the first."""
    write(page, "participant", CRISIS)
    expect(bubbles(page, "participant").last).to_contain_text("988")
    expect(bubbles(page, "staff").last).to_contain_text("Someone needs you now.")
    expect(page.locator("#board")).to_contain_text("Nobody has it yet. Next: Jo Park in")
    phone(page, "staff").get_by_role("button", name="I have it").click()
    expect(bubbles(page, "participant").last).to_contain_text(TAKEN)
    expect(page.locator("#board")).to_contain_text("Dana Reyes has it.")


def test_a_check_in_comes_with_the_next_send_and_is_answered(page: Page) -> None:
    """Skip to the next send; the check-in is there, and "7" answers it."""
    page.get_by_role("button", name="To the next send").click()
    expect(bubbles(page, "participant")).to_have_count(1)
    expect(page.locator("#now")).to_contain_text("09:30")
    phone(page, "participant").get_by_role("button", name="7", exact=True).click()
    expect(bubbles(page, "participant").last).to_contain_text("Thank you for checking in.")


def test_a_telegram_check_in_is_answered_by_tapping(page: Page) -> None:
    """Marisol's phone looks like Telegram and has the numbers as buttons, in her language."""
    phone(page, "participant").get_by_label("Participant", exact=True).select_option(
        label="Marisol · Telegram"
    )
    for _ in range(3):  # Alex, then Sam an hour later, then Marisol
        now = page.locator("#now").inner_text()
        page.get_by_role("button", name="To the next send").click()
        expect(page.locator("#now")).not_to_have_text(now)
    expect(bubbles(page, "participant").last).to_contain_text("¿Como te sientes hoy")
    expect(phone(page, "participant").locator(".phone")).to_have_class(re.compile("telegram"))
    phone(page, "participant").locator(".keys").get_by_role("button", name="8", exact=True).click()
    expect(bubbles(page, "participant")).to_have_count(2)


def test_news_on_another_phone_is_pointed_out(page: Page) -> None:
    """When nobody answers, the next in the chain is told on a phone that is not open; one click opens it."""
    write(page, "participant", CRISIS)
    expect(bubbles(page, "staff")).to_have_count(1)
    page.get_by_role("button", name="+5 min").click()
    phone(page, "staff").get_by_role("button", name="Jo Park, SMS: 1 new").click()
    expect(bubbles(page, "staff")).to_have_count(1)
    expect(phone(page, "staff").locator(".phone")).to_have_class(re.compile("sms"))
    expect(page.get_by_role("button", name="Jo Park, SMS: 1 new")).to_have_count(0)


def test_a_delivery_failure_shows_and_is_mended(page: Page) -> None:
    """Break Dana's Telegram: the page says that the text did not arrive, and her SMS has it."""
    delivery = phone(page, "staff").get_by_label("Delivery to this phone")
    delivery.select_option(label="Refused for good")
    expect(page.locator("#staff .delivery")).to_have_class(re.compile("broken"))
    write(page, "participant", CRISIS)
    expect(phone(page, "staff").locator(".trouble")).to_contain_text("the provider refused it for good")
    expect(page.get_by_role("button", name="Dana Reyes, SMS: 1 new")).to_be_visible()
    delivery.select_option(label="Works")
    expect(page.locator("#staff .delivery")).not_to_have_class(re.compile("broken"))


def test_why_says_what_triage_found_and_what_followed(page: Page) -> None:
    """The panel names the level, the words, the rules and the alert's timeline, and gives the focus back."""
    write(page, "participant", CRISIS)
    why = phone(page, "participant").locator(".mine").get_by_role("button", name="Why?")
    why.click()
    panel = page.locator("#why")
    for expected in (
        "Crisis: a person is needed now",
        CRISIS,
        "Triage rules",
        "Alert opened",
        "Dana told by Telegram",
    ):
        expect(panel).to_contain_text(expected)
    expect(page.locator("#why-title")).to_be_focused()
    panel.get_by_role("button", name="Close").click()
    expect(why).to_be_focused()


def test_markup_that_somebody_types_stays_text(page: Page) -> None:
    """An image with a script in it is shown as the letters it is, on the phone and in the panel."""
    attack = "<img src=x onerror=\"document.title='broken'\"><b>hi</b>"
    write(page, "participant", attack)
    expect(phone(page, "participant").locator(".mine .bubble")).to_contain_text(attack)
    phone(page, "participant").locator(".mine").get_by_role("button", name="Why?").click()
    expect(page.locator("#why blockquote")).to_contain_text(attack)
    assert page.title() == "Handrail demo"
    assert page.locator("#stage img, #stage .bubble b").count() == 0


def test_start_over_asks_first(page: Page) -> None:
    """All is thrown away on a yes, and nothing on a no."""
    write(page, "participant", "WHEN")
    expect(bubbles(page, "participant")).to_have_count(1)
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Keep going").click()
    expect(bubbles(page, "participant")).to_have_count(1)
    page.get_by_role("button", name="Start over").click()
    page.locator("dialog").get_by_role("button", name="Start over").click()
    expect(phone(page, "participant").locator(".line")).to_have_count(0)
    expect(page.locator("#now")).to_contain_text("09:20")


def test_it_works_by_keyboard_alone(page: Page) -> None:
    """Tab to the field, write, stay there; tab on to "I have it" and press Enter."""
    tab_to(page, "#participant-text")
    page.keyboard.type(CRISIS)
    page.keyboard.press("Enter")
    expect(bubbles(page, "staff").last).to_contain_text("Someone needs you now.")
    expect(page.locator("#participant-text")).to_be_focused()
    tab_to(page, "#staff .keys button")
    page.keyboard.press("Enter")
    expect(bubbles(page, "participant").last).to_contain_text(TAKEN)
    expect(page.locator("#staff .keys button").first).to_be_focused()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


def test_new_bubbles_are_read_out(page: Page) -> None:
    """Each conversation is a live log with a name, and each bubble says whose it is."""
    write(page, "participant", CRISIS)
    log = page.get_by_role("log", name="Conversation of Alex, SMS")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log.locator(".mine .bubble")).to_have_text(f"Alex: {CRISIS}")
    expect(log.locator(".theirs .bubble").last).to_contain_text("Riverside Recovery: ")


def test_a_second_window_follows(page: Page, address: str) -> None:
    """What is typed in one window shows in another by itself."""
    other = page.context.new_page()
    other.goto(address)
    other.wait_for_selector("#participant .shortcuts button")
    write(page, "participant", "WHEN")
    expect(bubbles(other, "participant")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_everything_fits_and_can_be_read(page: Page, width: int, scheme: str) -> None:
    """Nothing scrolls sideways; text has contrast, controls have names and are large enough."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    phone(page, "staff").get_by_label("Delivery to this phone").select_option(label="Refused for good")
    write(page, "participant", CRISIS)
    expect(phone(page, "staff").locator(".trouble")).to_have_count(1)
    phone(page, "staff").get_by_label("Delivery to this phone").select_option(label="Works")
    write(page, "participant", "https://example.org/" + "a" * 200)
    page.get_by_role("button", name="+5 min").click()
    expect(page.get_by_role("button", name="Jo Park, SMS: 1 new")).to_be_visible()
    phone(page, "participant").locator(".mine").get_by_role("button", name="Why?").first.click()
    expect(page.locator("#why-text blockquote")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert contrast_faults(page) == []
    assert naming_faults(page) == []
    assert target_faults(page) == []
