"""What only Twilio does."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.channels.base import Found, SendError
from bot.channels.sms import PAGE, Sms
from bot.channels.twilio_account import sort_refusal
from handlers.sms import read_sms
from tests.channels.rigs import CLAIMED, SmsRig
from tests.fakes.trouble import Trouble, refused
from tests.fakes.twilio_phone import Text
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, PUBLIC_URL, SERVICE, twilio_server


@pytest.fixture
async def rig() -> AsyncIterator[SmsRig]:
    """Give texts through the fake; nothing we send may break Twilio's rules."""
    async with twilio_server(now=lambda: CLAIMED) as server:
        rig = SmsRig(server)
        server.webhook_on = False
        yield rig
        await rig.channel.close()
        assert server.violations == []


def only(rig: SmsRig) -> Text:
    """Return the one text at Twilio."""
    (text,) = rig.server.texts.values()
    return text


async def failure(rig: SmsRig) -> SendError:
    """Send, and return the error."""
    with pytest.raises(SendError) as caught:
        await rig.channel.send(rig.text())
    return caught.value


async def test_receipts_come_to_the_public_address(rig: SmsRig) -> None:
    """The callback is the configured address with our own id, and the text leaves from our number."""
    await rig.channel.send(rig.text(number=0xAB))
    text = only(rig)
    assert text.callback == f"{PUBLIC_URL}/webhooks/twilio/status?m={0xAB:032x}"
    assert (text.sender, text.service) == (NUMBER, None)


async def test_a_messaging_service_picks_the_number(rig: SmsRig) -> None:
    """An MG sender is a service, not a number."""
    service = Sms(
        account_sid=ACCOUNT,
        tokens=(AUTH_TOKEN, "older"),
        sender=SERVICE,
        public_url=PUBLIC_URL,
        api_url=rig.server.url + "/",
    )
    await service.send(rig.text())
    await service.close()
    assert only(rig).service == SERVICE


@pytest.mark.parametrize(
    ("valid_for", "seconds"),
    [
        (timedelta(hours=2), 7200),
        (timedelta(days=3), 36000),
        (timedelta(0), 1),
        (timedelta(seconds=-5), 1),
        (None, None),
    ],
)
async def test_twilio_never_waits_longer_than_the_text_is_good(
    rig: SmsRig, valid_for: timedelta | None, seconds: int | None
) -> None:
    """The validity period is the text's own, within what Twilio allows."""
    outgoing = rig.text()
    object.__setattr__(outgoing, "valid_for", valid_for)
    await rig.channel.send(outgoing)
    assert only(rig).validity == seconds


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        (21610, {"permanent", "opted_out"}),
        (21211, {"permanent", "unreachable"}),
        (21614, {"permanent", "unreachable"}),
        (30005, {"permanent", "unreachable"}),
        (30006, {"permanent", "unreachable"}),
        (21408, {"permanent"}),
        (30034, {"permanent"}),
        (30036, {"permanent"}),
        (30003, set()),
        (30008, set()),
        (30002, {"channel_off"}),
        (21660, {"channel_off"}),
        (21659, {"permanent"}),
        (20429, {"retry_after"}),
        (21611, {"retry_after"}),
        (30001, {"retry_after"}),
    ],
)
def test_codes_are_sorted(code: int, facts: set[str]) -> None:
    """Each code of Twilio's sets exactly its own facts."""
    error = sort_refusal(status=400, code=str(code))
    names = ("permanent", "opted_out", "unreachable", "uncertain", "channel_off", "retry_after")
    assert {name for name in names if getattr(error, name)} == facts
    assert error.code == str(code)


@pytest.mark.parametrize(
    ("trouble", "fact"),
    [
        (refused(401, 20003), "channel_off"),
        (refused(403, 20403), "channel_off"),
        (refused(403, 21408), "permanent"),
        (refused(400, 30034), "permanent"),
        (refused(408, 0), "uncertain"),
        (refused(500, 0), "uncertain"),
        (Trouble(status=503, retry_after=9), "uncertain"),
        (Trouble(status=429), "retry_after"),
    ],
)
async def test_statuses_are_sorted(rig: SmsRig, trouble: Trouble, fact: str) -> None:
    """The HTTP status decides where the code says nothing, and only there."""
    rig.server.trouble.append(trouble)
    assert getattr(await failure(rig), fact)


async def test_a_suspended_account_switches_the_channel_off(rig: SmsRig) -> None:
    """Neither sending nor checking passes, and nobody's number is to blame."""
    rig.server.account_status = "suspended"
    assert (await failure(rig)).channel_off
    with pytest.raises(SendError) as caught:
        await rig.channel.check()
    assert (caught.value.channel_off, caught.value.code) == (True, "account_suspended")


async def test_a_queued_text_is_found(rig: SmsRig) -> None:
    """A text that Twilio has only queued, with no date sent, is found by its body."""
    sent = await rig.channel.send(rig.text())
    answer = await rig.channel.find(rig.text())
    assert (answer.found, answer.sent) == (Found.THERE, sent)


async def test_a_delivered_text_is_found_delivered(rig: SmsRig) -> None:
    """The look-up tells when the text has arrived already."""
    await rig.channel.send(rig.text())
    only(rig).status = "delivered"
    answer = await rig.channel.find(rig.text())
    assert answer.sent is not None
    assert answer.sent.delivered


async def test_others_are_not_taken_for_it(rig: SmsRig) -> None:
    """An older twin, another text, another phone's and the person's own same words are not the one."""
    server, text = rig.server, rig.text("Hello")
    old = server.keep(sender=NUMBER, to=rig.address, body="Hello", inbound=False)
    old.created = CLAIMED - timedelta(minutes=2)
    server.keep(sender=NUMBER, to=rig.address, body="Hello there", inbound=False)
    server.keep(sender=NUMBER, to="+12025550143", body="Hello", inbound=False)
    server.keep(sender=rig.address, to=NUMBER, body="Hello", inbound=True)
    assert (await rig.channel.find(text)).found is Found.ABSENT


async def test_it_reads_on_to_the_next_page(rig: SmsRig) -> None:
    """A text pushed to the second page by newer ones is still found, on the server we were given."""
    wanted = rig.server.keep(sender=NUMBER, to=rig.address, body="Hello", inbound=False)
    for _ in range(PAGE + 5):
        rig.server.keep(sender=NUMBER, to=rig.address, body="Newer", inbound=False)
    answer = await rig.channel.find(rig.text("Hello"))
    assert answer.sent is not None
    assert answer.sent.provider_id == wanted.sid


async def test_it_does_not_read_for_ever(rig: SmsRig) -> None:
    """With more since then than we read, the honest answer is that we don't know."""
    for _ in range(PAGE * 4 + 1):
        rig.server.keep(sender=NUMBER, to=rig.address, body="Newer", inbound=False)
    assert (await rig.channel.find(rig.text("Hello"))).found is Found.UNKNOWN


async def test_a_look_up_may_fail(rig: SmsRig) -> None:
    """When Twilio can't be asked, the look-up is an error and not an answer."""
    await rig.shut_door()
    with pytest.raises(SendError):
        await rig.channel.find(rig.text())


async def test_it_fetches_what_a_webhook_missed(rig: SmsRig) -> None:
    """Inbound texts come oldest first, and the webhook's own reader reads them."""
    await rig.phone.says("first")
    await rig.phone.says("", media=["image/png"])
    await rig.channel.send(rig.text())
    inbound = [read_sms(form, CLAIMED) for form in await rig.sms.list_inbound(CLAIMED - timedelta(hours=1))]
    assert [each.text for each in inbound] == ["first", ""]
    assert [len(each.media) for each in inbound] == [0, 1]
    assert {each.address for each in inbound} == {rig.address}
    assert await rig.sms.list_inbound(CLAIMED + timedelta(hours=1)) == []


async def test_it_keeps_one_connection(rig: SmsRig) -> None:
    """Sends one after another share a connection."""
    assert rig.server.served
    for number in range(5):
        await rig.channel.send(rig.text(number=number))
    assert rig.server.served.connections == 1


async def test_the_sdk_logs_nothing_of_its_own(rig: SmsRig, caplog: pytest.LogCaptureFixture) -> None:
    """Even at its noisiest the log holds no address of a request, which names the number on a look-up."""
    caplog.set_level(logging.DEBUG)
    await rig.channel.find(rig.text())
    assert "Messages.json" not in caplog.text
