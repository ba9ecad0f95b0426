"""The demo over HTTP: its phones, its clock, its faults, and who may reach it."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.simulator import Fault
from bot.commands.demo import demo_settings, open_demo, run_demo
from bot.commands.run import PortError
from bot.domain.triage.assess import Level, assess
from handlers.simulation.stage import WHOLE_CHANNEL
from handlers.simulation.travel import TravellingClock
from handlers.simulation.view import TROUBLED
from handlers.simulation.words import shortcuts, words
from handlers.simulator import STATIC

ALEX, SAM, SAM_SMS, MARISOL = "sms:+13125550111", "telegram:800003", "sms:+13125550113", "telegram:800002"
DANA, DANA_SMS, JO, LEE = "telegram:700001", "sms:+12025550101", "sms:+12025550102", "sms:+12025550103"
NEW = "sms:+13125550199"
LEES_CALLS = "voice:+12025550103"
CRISIS = "I don't want to be here anymore"
BASE = "http://127.0.0.1:8765"


class Scene:
    """The demo as a script drives it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """Take a client that leads to the demo."""
        self.client = client

    async def post(self, path: str, **fields: Any) -> Any:
        """Post fields that are expected to be taken."""
        response = await self.client.post(f"/simulator/{path}", json=fields)
        assert response.status_code == 200, response.text
        return response.json()

    async def says(self, key: str, text: str) -> Any:
        """Let the owner of a phone write."""
        channel, _, address = key.partition(":")
        return await self.post("says", channel=channel, address=address, text=text)

    async def taps(self, key: str, label: str) -> Any:
        """Let the owner of a phone tap a button of the latest message that has it."""
        channel, _, address = key.partition(":")
        for line in reversed(await self.lines(key)):
            for button in line["buttons"]:
                if button["label"] == label:
                    return await self.post(
                        "says", channel=channel, address=address, button=button["data"], reply_to=line["key"]
                    )
        raise AssertionError(f"no button {label!r}")

    async def fails(self, key: str, fault: str | None, **more: Any) -> Any:
        """Break or mend a phone; a bare channel name is the whole channel."""
        channel, _, address = key.partition(":")
        return await self.post("fail", channel=channel, address=address or None, fault=fault, **more)

    async def state(self) -> Any:
        """Return what the page shows."""
        return (await self.client.get("/simulator/state")).json()

    async def lines(self, key: str) -> list[dict[str, Any]]:
        """Return the lines of one phone."""
        lines: list[dict[str, Any]] = (await self.state())["phones"][key]["lines"]
        return lines

    async def got(self, key: str) -> list[tuple[str, str]]:
        """Return (wall clock, text) of what arrived on a phone."""
        return [(line["time"], line["text"]) for line in await self.lines(key) if line["what"] == "theirs"]

    async def texts(self, key: str) -> list[str]:
        """Return the texts that arrived on a phone."""
        return [text for _, text in await self.got(key)]

    async def troubles(self, key: str) -> list[str]:
        """Return what the page says about texts that did not arrive."""
        return [line["text"] for line in await self.lines(key) if line["what"] == "trouble"]

    async def why(self, message: str) -> Any:
        """Return why the bot answered."""
        return (await self.client.get("/simulator/why", params={"message": message})).json()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """Open a demo behind an HTTP client."""
    async with (
        open_demo() as web,
        httpx.AsyncClient(transport=httpx.ASGITransport(app=web), base_url=BASE) as client,
    ):
        yield Scene(client)


async def test_the_address_leads_to_a_page_that_runs_nothing_inline(scene: Scene) -> None:
    """`/` leads to the page, whose policy allows only its own files, and the page needs no more."""
    root = await scene.client.get("/")
    assert root.headers["location"] == "/simulator"
    page = await scene.client.get("/simulator")
    assert page.headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"
    )
    assert "This is a simulation." in page.text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|https?://", page.text)
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert (await scene.client.get(path)).status_code == 200


async def test_everybody_has_a_phone(scene: Scene) -> None:
    """Participants, staff and one unknown phone can be opened, each at its owner's wall clock."""
    people = {person["key"]: person for person in (await scene.state())["people"]}
    assert set(people) == {ALEX, MARISOL, SAM, SAM_SMS, DANA, DANA_SMS, JO, LEE, LEES_CALLS, NEW}
    assert [people[key]["time"] for key in (ALEX, SAM, MARISOL)] == ["09:20", "08:20", "07:20"]
    assert {people[key]["side"] for key in (DANA, JO, LEE)} == {"staff"}


async def test_only_the_phones_asked_for_are_shown(scene: Scene) -> None:
    """A page with two phones open does not fetch the others."""
    answer = await scene.client.get("/simulator/state", params={"phones": f"{ALEX},{DANA}"})
    assert set(answer.json()["phones"]) == {ALEX, DANA}


async def test_a_crisis_is_answered_told_and_taken(scene: Scene) -> None:
    """The whole way: check-in, answer, crisis, notice, tap, and the person hears who has it."""
    await scene.post("forward", to_next=True)
    assert (await scene.got(ALEX))[0][0] == "09:30"
    await scene.says(ALEX, "7")
    assert len(await scene.texts(ALEX)) == 2
    assert (await scene.says(ALEX, CRISIS))["level"] == "crisis"
    assert "988" in (await scene.texts(ALEX))[-1]
    alert = (await scene.state())["board"][0]
    assert (alert["level"], alert["state"], alert["next"]) == ("crisis", "open", ["Jo Park"])
    assert f"Ref {alert['ref']}" in (await scene.texts(DANA))[-1]
    tapped = await scene.taps(DANA, "I have it")
    assert "Dana" in tapped["toast"]
    assert (await scene.texts(ALEX))[-1] == "Dana from your team has your message now."
    taken = (await scene.state())["board"][0]
    assert (taken["state"], taken["holder"]) == ("acknowledged", "Dana Reyes")


async def test_a_call_is_answered_by_a_key(scene: Scene) -> None:
    """Nobody answers, so a phone rings: another key takes nothing, 1 takes the alert, and both are heard."""
    answer = await scene.client.post(
        "/simulator/says", json={"channel": "voice", "address": "+12025550103", "text": "1"}
    )
    assert "Nobody has called this phone yet" in answer.json()["error"]
    await scene.says(ALEX, CRISIS)
    for _ in range(8):
        await scene.post("forward", minutes=2)
    called = await scene.texts(LEES_CALLS)
    assert called
    assert "Alex" not in " ".join(called)
    await scene.says(LEES_CALLS, "2")
    assert (await scene.state())["board"][0]["holder"] is None
    await scene.says(LEES_CALLS, "1")
    assert (await scene.state())["board"][0]["holder"] == "Lee Brandt"
    assert len(await scene.texts(LEES_CALLS)) == len(called) + 2
    assert "Lee from your team" in (await scene.texts(ALEX))[-1]


async def test_only_keys_can_be_pressed_on_a_call(scene: Scene) -> None:
    """A sentence is nothing that a phone's keys can say."""
    answer = await scene.client.post(
        "/simulator/says", json={"channel": "voice", "address": "+12025550103", "text": "hello"}
    )
    assert answer.status_code == 400
    assert "only keys" in answer.json()["error"]


async def test_a_skip_stops_at_every_step_of_the_chain(scene: Scene) -> None:
    """Nobody answers for an hour: each is told at their own minute, not all at its end."""
    await scene.says(ALEX, CRISIS)
    await scene.post("forward", minutes=5)
    assert [time for time, _ in await scene.got(JO)] == ["09:22"]
    assert [time for time, _ in await scene.got(LEE)] == ["09:24"]
    assert (await scene.state())["now"]["time"] == "09:25"


async def test_a_skip_of_a_day_leaves_nothing_out(scene: Scene) -> None:
    """Everybody's morning check-in comes at their own half past nine, on both days."""
    await scene.post("forward", days=1)
    for key in (ALEX, SAM, MARISOL):
        mornings = [time for time, text in await scene.got(key) if "10" in text]
        assert mornings[0] == "09:30", key
    await scene.post("forward", hours=3)
    for key in (ALEX, SAM, MARISOL):
        mornings = [time for time, text in await scene.got(key) if "10" in text]
        assert mornings == ["09:30", "09:30"], key
        assert all(time >= "09:00" for time, _ in await scene.got(key)), key


async def test_the_next_send_is_where_the_clock_stops(scene: Scene) -> None:
    """Skipping to the next send stops right there, and goes on to the one after it."""
    await scene.post("forward", to_next=True)
    assert (await scene.state())["now"]["time"] == "09:30"
    assert len(await scene.texts(ALEX)) == 1
    await scene.post("forward", to_next=True)
    assert (await scene.state())["now"]["time"] == "10:30"
    assert len(await scene.texts(SAM)) == 1


async def test_there_may_be_no_next_send(scene: Scene) -> None:
    """When everybody has said stop, the skip says so instead of running on for ever."""
    for key in (ALEX, SAM, SAM_SMS, MARISOL, DANA, DANA_SMS, JO, LEE):
        await scene.says(key, "STOP")
    answer = await scene.client.post("/simulator/forward", json={"to_next": True})
    assert answer.status_code == 400
    assert answer.json() == {"error": "Nothing will be sent in the next two weeks."}


async def test_a_notice_that_is_refused_goes_another_way(scene: Scene) -> None:
    """Dana's Telegram refuses: her SMS has the notice at once, and the page says what happened."""
    await scene.fails(DANA, "failed")
    await scene.says(ALEX, CRISIS)
    assert await scene.texts(DANA) == []
    assert len(await scene.texts(DANA_SMS)) == 1
    assert await scene.troubles(DANA) == ["A text did not arrive: the provider refused it for good."]
    assert (await scene.state())["phones"][DANA]["fault"] == "failed"


async def test_a_notice_reported_as_undelivered_goes_another_way(scene: Scene) -> None:
    """The provider took it and reports a failure afterwards: that counts as much."""
    await scene.fails(DANA, "undelivered")
    await scene.says(ALEX, CRISIS)
    assert len(await scene.texts(DANA_SMS)) == 1


async def test_a_fault_lasts_until_it_is_mended(scene: Scene) -> None:
    """Without `times` every send fails; afterwards none does."""
    await scene.fails(ALEX, "failed")
    await scene.says(ALEX, "WHEN")
    await scene.says(ALEX, "WHEN")
    assert await scene.texts(ALEX) == []
    await scene.fails(ALEX, None)
    await scene.says(ALEX, "WHEN")
    assert len(await scene.texts(ALEX)) == 1


async def test_a_fault_can_be_for_one_send(scene: Scene) -> None:
    """`times` bounds it."""
    await scene.fails(ALEX, "failed", times=1)
    await scene.says(ALEX, "WHEN")
    await scene.says(ALEX, "WHEN")
    assert len(await scene.texts(ALEX)) == 1


async def test_a_lost_alert_is_sent_again_and_a_found_one_is_not(scene: Scene) -> None:
    """Nobody knows whether it left: the provider is asked, and only what it never got goes twice."""
    await scene.fails(DANA, "timeout", times=1)
    await scene.says(ALEX, CRISIS)
    await scene.post("forward", minutes=1)
    assert len(await scene.texts(DANA)) == 1
    await scene.taps(DANA, "I have it")
    await scene.fails(DANA, "uncertain", times=1)
    await scene.says(SAM, CRISIS)
    await scene.post("forward", minutes=1)
    assert len([text for text in await scene.texts(DANA) if "Reply 1" in text]) == 2


async def test_a_provider_that_is_down_comes_back(scene: Scene) -> None:
    """Replies wait while SMS is down, and arrive once when it is mended."""
    await scene.fails("sms", "down")
    await scene.says(ALEX, "WHEN")
    await scene.post("forward", minutes=2)
    assert await scene.texts(ALEX) == []
    assert (await scene.state())["phones"][ALEX]["whole_channel"] is True
    await scene.fails("sms", None)
    await scene.post("forward", minutes=8)  # a reply's slowest pause, at its longest
    assert len([text for text in await scene.texts(ALEX) if "Next check-in" in text]) == 1


async def test_a_suspended_account_works_again_when_mended(scene: Scene) -> None:
    """Mending is what an operator does: the sender is on again."""
    await scene.fails("sms", "off")
    await scene.says(ALEX, "WHEN")
    assert await scene.texts(ALEX) == []
    await scene.fails("sms", None)
    await scene.post("forward", minutes=5)
    assert len(await scene.texts(ALEX)) == 1


async def test_somebody_new_can_join(scene: Scene) -> None:
    """The unknown phone joins by the keyword and is a participant's from then on."""
    await scene.says(NEW, "RIVER")
    await scene.says(NEW, "START")
    assert len(await scene.texts(NEW)) == 2
    people = {person["key"]: person for person in (await scene.state())["people"]}
    assert (people[NEW]["role"], people[NEW]["consent"]) == ("participant", "active")


async def test_a_photo_is_media_and_not_text(scene: Scene) -> None:
    """It shows on the phone as what it is, and the bot says that it can't read it."""
    await scene.post("says", channel="sms", address="+13125550111", media="photo")
    assert (await scene.lines(ALEX))[0]["text"] == "(photo)"
    assert "can't open pictures" in (await scene.texts(ALEX))[0]


async def test_why_explains_a_crisis(scene: Scene) -> None:
    """Level, the words that fired, the rules' version, what was sent, and the alert's timeline."""
    kept = await scene.says(ALEX, CRISIS)
    await scene.post("forward", minutes=2)
    why = await scene.why(kept["message"])
    assert why["triage"]["level"] == "crisis"
    assert why["triage"]["signals"][0]["words"] in CRISIS
    assert re.fullmatch(r"\d{4}\.\d+\.\d+-[0-9a-f]{8}", why["triage"]["rules"])
    assert {sent["to"] for sent in why["followed"]} == {"Alex", "Dana Reyes"}
    assert [event["says"] for event in why["alert"]["timeline"]] == [
        "Alert opened",
        "Dana told by Telegram",
        "Jo told by SMS",
    ]
    assert "crisis" in why["why"][0]


async def test_why_explains_a_check_in_and_a_notice(scene: Scene) -> None:
    """What answers nothing has a reason too: the plan, or the chain."""
    await scene.post("forward", to_next=True)
    (prompt,) = await scene.lines(ALEX)
    assert "“First weeks”, planned for Tuesday 09:30" in (await scene.why(prompt["message"]))["why"][0]
    await scene.says(ALEX, CRISIS)
    await scene.post("forward", minutes=2)
    (notice,) = await scene.lines(JO)
    assert "step 2 of the chain, round 1" in (await scene.why(notice["message"]))["why"][0]


async def test_why_knows_no_such_message(scene: Scene) -> None:
    """An id from before "start over" gets a sentence, not a failure."""
    answer = await scene.client.get("/simulator/why", params={"message": "0" * 32})
    assert answer.status_code == 404
    assert answer.json()["error"].endswith(".")


async def test_start_over_is_a_fresh_world(scene: Scene) -> None:
    """Nothing said before is left, the clock is back, and everything works again."""
    await scene.fails(ALEX, "failed")
    kept = await scene.says(ALEX, CRISIS)
    await scene.post("forward", minutes=5)
    await scene.post("reset")
    state = await scene.state()
    assert state["now"]["time"] == "09:20"
    assert state["board"] == []
    assert all(
        phone == {"lines": [], "fault": None, "whole_channel": False} for phone in state["phones"].values()
    )
    assert "error" in await scene.why(kept["message"])
    await scene.post("forward", to_next=True)
    assert len(await scene.texts(ALEX)) == 1


FOREIGN = {
    "another site's page": {"origin": "https://evil.example"},
    "another port's page": {"origin": "http://127.0.0.1:9999"},
    "no origin at all": {"origin": "null"},
    "a browser that says so": {"sec-fetch-site": "cross-site"},
    "a sibling site": {"sec-fetch-site": "same-site"},
    "a plain form": {"content-type": "text/plain"},
}


@pytest.mark.parametrize("path", ["says", "forward", "fail", "reset"])
async def test_other_sites_may_change_nothing(scene: Scene, path: str) -> None:
    """There is no sign-in, so a page open in another tab must not be able to reach in."""
    body = '{"channel": "sms", "address": "+13125550111", "text": "WHEN"}' if path == "says" else "{}"
    for who, headers in FOREIGN.items():
        given = {"content-type": "application/json"} | headers
        answer = await scene.client.post(f"/simulator/{path}", content=body, headers=given)
        assert answer.status_code == 403, who
    assert await scene.lines(ALEX) == []


@pytest.mark.parametrize("path", ["/simulator", "/simulator/state", "/simulator/static/simulator.js"])
async def test_a_name_made_to_point_here_is_refused(scene: Scene, path: str) -> None:
    """DNS rebinding: the address is ours, but the Host is another site's."""
    answer = await scene.client.get(path, headers={"host": "evil.example:8765"})
    assert answer.status_code == 403


async def test_its_own_page_may(scene: Scene) -> None:
    """What a browser sends from the demo's own page is let through."""
    answer = await scene.client.post(
        "/simulator/forward", json={"minutes": 1}, headers={"origin": BASE, "sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 200


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("says", {}),
    ("says", {"channel": "pigeon", "address": "1", "text": "hi"}),
    ("says", {"channel": "voice", "address": "+13125550111", "text": "hi"}),
    ("says", {"channel": "sms", "text": "hi"}),
    ("says", {"channel": "sms", "address": "hello", "text": "hi"}),
    ("says", {"channel": "telegram", "address": "x", "text": "hi"}),
    ("says", {"channel": "sms", "address": "+13125550111"}),
    ("says", {"channel": "sms", "address": "+13125550111", "text": 7}),
    ("says", {"channel": "sms", "address": "+13125550111", "text": "a" * 5000}),
    ("says", {"channel": "sms", "address": "+13125550111", "media": "elephant"}),
    ("says", {"channel": "sms", "address": "+13125550111", "media": {}}),
    ("says", {"channel": "sms", "address": "+13125550111", "text": "x", "button": "y"}),
    ("says", {"channel": "sms", "address": "+13125550111", "text": "x", "more": 1}),
    ("forward", {}),
    ("forward", {"minutes": -5}),
    ("forward", {"minutes": "5"}),
    ("forward", {"days": 400}),
    ("forward", {"to_next": False}),
    ("forward", {"minutes": 1, "hours": 1}),
    ("fail", {"channel": "sms", "fault": "gremlins"}),
    ("fail", {"channel": "sms", "fault": []}),
    ("fail", {"channel": "sms", "address": "+13125550111", "fault": "down"}),
    ("fail", {"channel": "sms", "address": "+13125550111", "fault": "failed", "times": 0}),
    ("reset", {"everything": True}),
]


async def test_a_wrong_request_gets_one_plain_sentence(scene: Scene) -> None:
    """No traceback, no guess: what is wrong, and how it should be."""
    for path, fields in WRONG:
        answer = await scene.client.post(f"/simulator/{path}", json=fields)
        assert answer.status_code == 400, (path, fields)
        assert list(answer.json()) == ["error"], (path, fields)
        assert re.fullmatch(r"\S.*[.]", answer.json()["error"]), (path, fields)


async def test_a_body_that_is_no_json_object_is_refused(scene: Scene) -> None:
    """Whatever it is, it is refused plainly."""
    for body in (b"{", b"[]", b"\xff", b"[" * 60_000, b'"' + b"a" * 70_000):
        answer = await scene.client.post(
            "/simulator/says", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400, body[:9]
        assert list(answer.json()) == ["error"], body[:9]


async def test_health_is_told(scene: Scene) -> None:
    """Something that starts the demo can wait until it is ready."""
    assert (await scene.client.get("/readyz")).json() == {"ready": True, "simulation": True}


async def test_the_environment_stays_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Real accounts that happen to be set are not used: nobody is texted."""
    monkeypatch.setenv("HANDRAIL_TELEGRAM_TOKEN", "1:x")
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", "sqlite+aiosqlite:///elsewhere.db")
    settings = demo_settings(tmp_path / "demo.db")
    assert settings.telegram_token is None
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/demo.db"


async def test_everything_is_thrown_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While it runs there is one folder with one database; afterwards there is nothing."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with open_demo() as web:
        await web.stage.reset()
        assert [path.name for path in there_is(tmp_path, "*/*.db")] == ["demo-2.db"]
    assert there_is(tmp_path, "*") == []


def there_is(path: Path, pattern: str) -> list[Path]:
    """Return what is there."""
    return sorted(path.glob(pattern))


async def test_it_serves_says_where_and_streams_changes() -> None:
    """The first line printed is the address; a stream opened there hears of a change, and ends with it."""
    told: asyncio.Queue[str] = asyncio.Queue()
    ended = asyncio.Event()
    serving = asyncio.create_task(run_demo(0, tell=told.put_nowait, ended=ended))
    line = await told.get()
    address = re.fullmatch(r"Handrail demo: (http://127\.0\.0\.1:\d+)/simulator", line)
    assert address is not None
    async with (
        httpx.AsyncClient(base_url=address[1]) as client,
        client.stream("GET", "/simulator/events") as stream,
    ):
        lines = stream.aiter_lines()
        first = await _next_change(lines)
        await client.post("/simulator/forward", json={"minutes": 1})
        assert await _next_change(lines) > first
        ended.set()
        async with asyncio.timeout(5):
            await serving


async def test_a_port_that_is_taken_is_said_plainly() -> None:
    """Another program may have it already."""
    ended = asyncio.Event()
    told: asyncio.Queue[str] = asyncio.Queue()
    serving = asyncio.create_task(run_demo(0, tell=told.put_nowait, ended=ended))
    port = int((await told.get()).split(":")[-1].partition("/")[0])
    with pytest.raises(PortError):
        await run_demo(port, tell=told.put_nowait, ended=ended)
    ended.set()
    await serving


def test_the_travelling_clock_runs_on_and_never_goes_back() -> None:
    """It keeps the system's pace from wherever it was set."""
    system = [datetime(2026, 1, 5, tzinfo=UTC)]
    clock = TravellingClock(datetime(2026, 11, 24, 9, tzinfo=UTC), system=lambda: system[0])
    system[0] += timedelta(seconds=3)
    assert clock.now() == datetime(2026, 11, 24, 9, 0, 3, tzinfo=UTC)
    clock.move_to(datetime(2026, 11, 24, 10, tzinfo=UTC))
    clock.move_to(datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert clock.now() == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_the_page_never_writes_markup() -> None:
    """What people wrote is put in as text: the script has no way to do otherwise."""
    script = "".join(path.read_text("utf-8") for path in STATIC.glob("*.js"))
    assert "textContent" in script
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script
    )


async def _next_change(lines: AsyncIterator[str]) -> int:
    async with asyncio.timeout(5):
        async for line in lines:
            if line.startswith("data:"):
                return int(line.removeprefix("data:"))
    raise AssertionError("the stream ended")


def test_every_fault_and_state_has_words() -> None:
    """Whatever can go wrong on purpose is offered by a label and explained when it has happened."""
    assert set(words()["faults"]) == set(Fault)
    assert {name for name, fault in words()["faults"].items() if fault.get("whole")} == WHOLE_CHANNEL
    assert {f"sim_{fault}" for fault in Fault} <= set(words()["reasons"])
    assert set(TROUBLED) <= set(words()["troubles"])


@pytest.mark.parametrize(
    ("label", "level"), [("Crisis", Level.CRISIS), ("Urgent", Level.URGENT), ("7", Level.NONE)]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_shortcut_is_what_it_says(language: str, label: str, level: Level) -> None:
    """The text behind "Crisis" is read as one, in each language."""
    (text,) = (s["text"] for s in shortcuts("participant", language) if s["label"].startswith(label))
    assert assess(text, language).level is level
