"""Reading what Twilio posts, and refusing what it did not sign."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from io import BytesIO

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it ships no types

from bot.domain.errors import InboundError, SignatureError
from bot.domain.messages import Inbound, Media, MessageState, StatusEvent
from handlers.sms import STATES, Signatures, read_sms, read_status
from tests.fakes.twilio_server import AUTH_TOKEN, PUBLIC_URL, TwilioServer

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
OLD_TOKEN = "f" * 32
PATH = "/webhooks/twilio/sms"
SID = "SM" + "0" * 31 + "9"


def sms(**fields: str) -> FormData:
    """Return an inbound form; an empty value takes the field out."""
    usual = {"MessageSid": SID, "From": "+12025550142", "Body": "Hello", "NumMedia": "0"} | fields
    return FormData([(name, value) for name, value in usual.items() if value != "-"])


def receipt(**fields: str) -> FormData:
    """Return a status form; a dash takes the field out."""
    usual = {"MessageSid": SID, "MessageStatus": "delivered"} | fields
    return FormData([(name, value) for name, value in usual.items() if value != "-"])


def test_it_reads_a_text() -> None:
    """The fields we know become an Inbound; those we don't are ignored."""
    inbound = read_sms(sms(Body="¿Qué? 🌱 ", Brandnew="x"), NOW)
    assert (inbound.provider_id, inbound.address, inbound.text) == (SID, "+12025550142", "¿Qué? 🌱 ")
    assert inbound.received_at == NOW
    assert inbound.media == ()


def test_it_makes_any_text_storable() -> None:
    """A NUL, which no database holds, becomes a visible escape."""
    assert read_sms(sms(Body="a\x00b"), NOW).text == "a\\x00b"


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=())))
def test_no_body_breaks_it(body: str) -> None:
    """Whatever is typed, lone surrogates too, can be read and then encoded."""
    text = read_sms(FormData([("MessageSid", SID), ("From", "+12025550142"), ("Body", body)]), NOW).text
    assert text.encode().decode() == text
    assert "\x00" not in text


@pytest.mark.parametrize(
    ("content_type", "media"),
    [
        ("image/jpeg", Media.PHOTO),
        ("audio/amr", Media.VOICE),
        ("application/pdf", Media.FILE),
        ("text/vcard", Media.FILE),
        ("video/mp4", Media.OTHER),
        ("", Media.OTHER),
    ],
)
def test_it_notes_media(content_type: str, media: Media) -> None:
    """A picture without words is a text too; what came is noted."""
    form = sms(Body="", NumMedia="1", MediaContentType0=content_type, MediaUrl0="https://x.example/m")
    assert read_sms(form, NOW).media == (media,)


def test_media_of_unknown_kind_still_counts() -> None:
    """A text fetched by the safety poll says how much media came, not which."""
    assert read_sms(sms(NumMedia="2"), NOW).media == (Media.OTHER, Media.OTHER)


def test_a_lying_count_costs_nothing() -> None:
    """A huge count is cut to what one text can hold."""
    assert len(read_sms(sms(NumMedia="9999"), NOW).media) == 10


@pytest.mark.parametrize(("said", "read"), [("STOP", "STOP"), ("start", "START"), ("NEW", None)])
def test_it_reads_the_opt_out_type(said: str, read: str | None) -> None:
    """Advanced Opt-Out tells what Twilio made of the text."""
    assert read_sms(sms(OptOutType=said), NOW).opt_out_type == read


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (sms(MessageSid="-"), "MessageSid"),
        (sms(From="-"), "From"),
        (sms(Body="-"), "Body"),
        (sms(From="Mallory"), "From"),
        (sms(From="+1202555014२"), "From"),
        (sms(MessageSid="a b"), "MessageSid"),
        (sms(NumMedia="many"), "NumMedia"),
        (FormData([("Body", "x"), ("MessageSid", SID), ("From", UploadFile(BytesIO()))]), "From"),
    ],
)
def test_it_names_what_is_wrong(form: FormData, name: str) -> None:
    """A request we can't read is one plain sentence that names the field and quotes nothing."""
    with pytest.raises(InboundError, match=name) as caught:
        read_sms(form, NOW)
    assert "Mallory" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", None),
        ("accepted", None),
        ("scheduled", None),
        ("sending", None),
        ("sent", MessageState.SENT),
        ("delivered", MessageState.DELIVERED),
        ("read", MessageState.DELIVERED),
        ("undelivered", MessageState.FAILED),
        ("failed", MessageState.FAILED),
        ("canceled", MessageState.FAILED),
        ("partially_read", None),
    ],
)
def test_it_reads_a_receipt(status: str, state: MessageState | None) -> None:
    """Every status moves the message where it should, and one that is new to us nowhere."""
    event = read_status(receipt(MessageStatus=status), "ab12", NOW)
    assert (event.status, event.state, event.message_id, event.provider_id) == (status, state, "ab12", SID)


def test_a_failure_keeps_its_code() -> None:
    """The carrier's code and the raw fields stay with the receipt."""
    event = read_status(receipt(MessageStatus="undelivered", ErrorCode="30003"), None, NOW)
    assert event.error_code == "30003"
    assert event.raw["ErrorCode"] == "30003"
    assert event.message_id is None


@pytest.mark.parametrize("m", ["", "../..", "AB12", "a" * 65, "1; DROP"])
def test_a_foreign_message_id_is_dropped(m: str) -> None:
    """Only our own hex ids are believed; the provider's id still finds the message."""
    assert read_status(receipt(), m, NOW).message_id is None


@pytest.mark.parametrize(
    "form", [receipt(MessageStatus="-"), receipt(MessageSid="-"), receipt(MessageStatus="%$")]
)
def test_a_broken_receipt_is_refused(form: FormData) -> None:
    """A receipt without its fields is an InboundError."""
    with pytest.raises(InboundError, match=r"Message(Status|Sid)"):
        read_status(form, None, NOW)


def test_all_states_are_known() -> None:
    """The map covers the ten statuses Twilio documents."""
    assert len(STATES) == 10


def sign(path: str, form: object, token: str = AUTH_TOKEN) -> str:
    """Sign as Twilio does."""
    return str(RequestValidator(token).compute_signature(PUBLIC_URL + path, form))


def test_a_signed_request_passes() -> None:
    """The right signature over the public address passes, spaces and empty values included."""
    form = sms(Body="  two  spaces ", Empty="")
    Signatures([AUTH_TOKEN], PUBLIC_URL).check(PATH, form, sign(PATH, form))


def test_repeated_fields_are_signed_together() -> None:
    """A field that comes twice is signed with both values."""
    form = FormData([("Tag", "b"), ("Tag", "a"), ("From", "+12025550142")])
    Signatures([AUTH_TOKEN], PUBLIC_URL).check(PATH, form, sign(PATH, form))


@pytest.mark.parametrize("token", [AUTH_TOKEN, OLD_TOKEN])
def test_either_token_signs_while_rotating(token: str) -> None:
    """Both the new and the old token are good."""
    form = sms()
    Signatures([AUTH_TOKEN, OLD_TOKEN], PUBLIC_URL + "/").check(PATH, form, sign(PATH, form, token))


def test_the_query_is_signed() -> None:
    """The callback's own query belongs to the signed address."""
    form, path = receipt(), "/webhooks/twilio/status?m=ab12"
    signatures = Signatures([AUTH_TOKEN], PUBLIC_URL)
    signatures.check(path, form, sign(path, form))
    with pytest.raises(SignatureError):
        signatures.check("/webhooks/twilio/status?m=ab13", form, sign(path, form))


def test_a_json_body_is_signed_by_its_hash() -> None:
    """For JSON the address is signed and holds the hash of the body."""
    body = '{"a": "é"}'
    path = f"/webhooks/twilio/status?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    signatures = Signatures([AUTH_TOKEN], PUBLIC_URL)
    signatures.check(path, body, sign(path, {}))
    with pytest.raises(SignatureError):
        signatures.check(path, body + " ", sign(path, {}))


@pytest.mark.parametrize(
    ("tokens", "path", "form", "header"),
    [
        ([], PATH, sms(), sign(PATH, sms(), "")),
        ([""], PATH, sms(), sign(PATH, sms(), "")),
        ([AUTH_TOKEN], PATH, sms(), None),
        ([AUTH_TOKEN], PATH, sms(), ""),
        ([AUTH_TOKEN], PATH, sms(), "ünsigned"),
        ([AUTH_TOKEN], PATH, sms(), sign(PATH, sms(), OLD_TOKEN)),
        ([AUTH_TOKEN], PATH, sms(Body="other"), sign(PATH, sms())),
        ([AUTH_TOKEN], "@evil.example/", sms(), sign(PATH, sms())),
        ([AUTH_TOKEN], "//[", sms(), sign(PATH, sms())),
        ([AUTH_TOKEN], PATH, "{}", sign(PATH, {})),
    ],
    ids=[
        "no-token",
        "empty-token",
        "none",
        "empty",
        "word",
        "foreign",
        "changed",
        "host",
        "odd-path",
        "no-hash",
    ],
)
def test_anything_else_is_refused(
    tokens: list[str], path: str, form: FormData | str, header: str | None
) -> None:
    """No token, no header, another key, other words, another address or a body without hash: refused."""
    with pytest.raises(SignatureError):
        Signatures(tokens, PUBLIC_URL).check(path, form, header)


async def test_it_reads_what_the_fake_signs() -> None:
    """Texts and receipts, in any order, come through a real form parser with their signature good."""
    came: list[Inbound | StatusEvent] = []
    signatures = Signatures([OLD_TOKEN, AUTH_TOKEN], PUBLIC_URL)

    async def webhook(request: Request) -> Response:
        form = await request.form()
        query = f"?{request.url.query}" if request.url.query else ""
        signatures.check(request.url.path + query, form, request.headers.get("X-Twilio-Signature"))
        status = request.url.path.endswith("status")
        m = request.query_params.get("m")
        came.append(read_status(form, m, NOW) if status else read_sms(form, NOW))
        return Response(status_code=204)

    app = Starlette(routes=[Route("/webhooks/twilio/{kind}", webhook, methods=["POST"])])
    twilio = TwilioServer(client=httpx.AsyncClient(transport=httpx.ASGITransport(app)))
    phone = twilio.phone("+12025550142")
    assert await phone.says("no & yes + ¿?", media=["image/png"]) == 204
    text = twilio.keep(sender=twilio.number, to=phone.number, body="x", inbound=False)
    text.callback = f"{PUBLIC_URL}/webhooks/twilio/status?m=ab12"
    assert await twilio.report(text, "delivered", "sent") == [204, 204]
    await twilio.close()
    first, *receipts = came
    assert isinstance(first, Inbound)
    assert (first.text, first.media) == ("no & yes + ¿?", (Media.PHOTO,))
    states = [event.state for event in receipts if isinstance(event, StatusEvent)]
    assert states == [MessageState.DELIVERED, MessageState.SENT]
