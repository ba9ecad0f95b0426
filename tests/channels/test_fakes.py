"""The stand-ins are as strict as they say: a fake that forgives proves nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.serving import serve
from tests.fakes.telegram_server import SECRET_HEADER, TOKEN, TelegramServer, telegram_server
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer, twilio_server

PHONE = "+12025550142"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Give a bare client, with none of our own care."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def call(
    client: httpx.AsyncClient, server: TelegramServer, method: str, **given: Any
) -> httpx.Response:
    """Call a method of the Telegram fake."""
    return await client.post(f"{server.url}/bot{TOKEN}/{method}", json=given)


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("sendMessage", {"chat_id": 1, "text": ""}),
        ("sendMessage", {"chat_id": 1, "text": "x" * 4097}),
        ("sendMessage", {"chat_id": 1, "text": "x", "made_up": 1}),
        (
            "sendMessage",
            {
                "chat_id": 1,
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "é" * 33}]]},
            },
        ),
        ("editMessageText", {"chat_id": 1, "message_id": 5, "text": "x"}),
        ("answerCallbackQuery", {"callback_query_id": "5"}),
        ("setWebhook", {"url": "bot.example.org"}),
        ("setWebhook", {"url": "https://bot.example.org", "secret_token": "no spaces"}),
        ("sendCarrierPigeon", {}),
    ],
)
async def test_telegram_objects(client: httpx.AsyncClient, method: str, given: dict[str, Any]) -> None:
    """What the real one refuses is refused and noted."""
    async with telegram_server() as server:
        server.phone(1)
        answer = await call(client, server, method, **given)
        assert answer.status_code in (400, 404)
        assert len(server.violations) == 1


async def test_telegram_counts_answers_to_taps(client: httpx.AsyncClient) -> None:
    """A tap answered twice is noted."""
    async with telegram_server() as server:
        phone = server.phone(1)
        markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
        await call(client, server, "sendMessage", chat_id=1, text="?", reply_markup=markup)
        await phone.taps("Yes")
        (query,) = server.callbacks
        for _ in range(2):
            await call(client, server, "answerCallbackQuery", callback_query_id=query)
        assert server.unanswered == [query]
        assert server.violations == ["answerCallbackQuery: answered twice"]


async def test_telegram_edits_what_it_sent(client: httpx.AsyncClient) -> None:
    """A message of the bot can be changed, and the phone shows the change."""
    async with telegram_server() as server:
        phone = server.phone(1)
        sent = (await call(client, server, "sendMessage", chat_id=1, text="one")).json()["result"]
        await call(client, server, "editMessageText", chat_id=1, message_id=sent["message_id"], text="two")
        assert phone.texts == ["two"]
        assert server.violations == []


async def test_telegram_keeps_to_one_a_second(client: httpx.AsyncClient) -> None:
    """When asked to be, it is strict about pace in one chat, and only there."""
    at = [0.0]
    server = TelegramServer(one_per_second=True, clock=lambda: at[0])
    async with serve(server.app) as url:
        for chat in (1, 2):
            server.phone(chat)

        async def send(chat: int) -> int:
            answer = await client.post(f"{url}/bot{TOKEN}/sendMessage", json={"chat_id": chat, "text": "x"})
            return answer.status_code

        assert [await send(1), await send(1), await send(2)] == [200, 429, 200]
        at[0] = 1.5
        assert await send(1) == 200
    await server.close()


async def test_telegram_pushes_with_its_secret(client: httpx.AsyncClient) -> None:
    """Updates of the allowed kinds go to the webhook with the secret, and again until accepted."""
    came: list[tuple[str | None, int]] = []
    statuses = [500, 200, 200]

    async def webhook(request: Request) -> Response:
        update = json.loads(await request.body())
        came.append((request.headers.get(SECRET_HEADER), update["update_id"]))
        return Response(status_code=statuses.pop(0))

    app = Starlette(routes=[Route("/hook", webhook, methods=["POST"])])
    async with telegram_server() as server, serve(app) as url:
        await call(
            client, server, "setWebhook", url=f"{url}/hook", secret_token="word", allowed_updates=["message"]
        )
        assert await server.phone(1).says("hi") == 500
        assert await server.redeliver() == [200]
        assert await server.phone(1).blocks() == 0
        assert [secret for secret, _ in came] == ["word", "word"]
        assert came[0] == came[1]
        assert not server.waiting


async def post(client: httpx.AsyncClient, server: TwilioServer, **fields: str) -> httpx.Response:
    """Create a message at the Twilio fake; a dash takes a field out."""
    usual = {"To": PHONE, "From": NUMBER, "Body": "x"} | fields
    url = f"{server.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    data = {name: value for name, value in usual.items() if value != "-"}
    return await client.post(url, data=data, auth=(ACCOUNT, AUTH_TOKEN))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": "-"}, 21604),
        ({"To": "2025550142"}, 21211),
        ({"Body": "-"}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"From": "-"}, 21603),
        ({"From": "+12025550199"}, 21659),
        ({"From": "-", "MessagingServiceSid": "MG1"}, 21705),
        ({"StatusCallback": "/status"}, 21609),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"ValidityPeriod": "0"}, 21624),
        ({"Madeup": "1"}, 20001),
    ],
)
async def test_twilio_objects(client: httpx.AsyncClient, fields: dict[str, str], code: int) -> None:
    """What the real one refuses is refused with its code and noted."""
    async with twilio_server() as server:
        answer = await post(client, server, **fields)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert len(server.violations) == 1


async def test_twilio_blocks_on_its_own_words_only(client: httpx.AsyncClient) -> None:
    """STOP as the whole text blocks, STOP PLEASE does not, START lets in again."""
    async with twilio_server() as server:
        server.webhook_on = False
        phone = server.phone(PHONE)
        statuses = []
        for said in ("STOP PLEASE", " stop ", "hello", "Start"):
            await phone.says(said)
            statuses.append((await post(client, server)).status_code)
        assert statuses == [201, 400, 400, 201]


async def test_twilio_posts_as_a_proxy_does() -> None:
    """Webhooks reach the real address under the public Host, signed for the public one."""
    hosts: list[str] = []

    async def webhook(request: Request) -> Response:
        hosts.append(request.headers["host"])
        return Response(status_code=204)

    app = Starlette(routes=[Route("/webhooks/twilio/sms", webhook, methods=["POST"])])
    async with serve(app) as url, twilio_server(actual_url=url) as server:
        assert await server.phone(PHONE).says("hi") == 204
    assert hosts == ["bot.example.org"]


async def test_twilio_knows_no_other_address(client: httpx.AsyncClient) -> None:
    """A call elsewhere is noted."""
    async with twilio_server() as server:
        await client.get(f"{server.url}/v2/Services")
        assert server.violations
