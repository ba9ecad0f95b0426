"""A strict Telegram: refuses what the real one refuses, and keeps a list of everything that was wrong."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.serving import PLAIN, Served, running
from tests.fakes.telegram_phone import BOT, STARTED, Bubble, Phone
from tests.fakes.trouble import Trouble, suffer

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"

LARGEST_PHOTO = 10_000_000  # bytes

# Every parameter we allow ourselves to send; anything else is a violation.
KNOWN = {
    "getMe": set[str](),
    "sendMessage": {
        "chat_id", "text", "reply_markup", "reply_parameters", "parse_mode", "link_preview_options",
        "disable_notification", "protect_content",
    },
    "sendPhoto": {"chat_id", "photo", "caption", "reply_markup", "reply_parameters"},
    "editMessageText": {"chat_id", "message_id", "text", "reply_markup", "parse_mode"},
    "answerCallbackQuery": {"callback_query_id", "text", "show_alert", "cache_time"},
    "setWebhook": {"url", "secret_token", "allowed_updates", "max_connections", "drop_pending_updates"},
    "deleteWebhook": {"drop_pending_updates"},
    "getWebhookInfo": set[str](),
    "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
}  # fmt: skip


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault of ours
    """An error the way Telegram words it."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        """Keep what the answer is made of."""
        super().__init__(description)
        self.answer = {"ok": False, "error_code": status, "description": description}
        if parameters:
            self.answer["parameters"] = parameters
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where updates are pushed, with which secret, and which kinds."""

    url: str
    secret: str | None
    allowed: frozenset[str]


class TelegramServer:
    """The fake's state. `violations` lists what a strict reader objects to; tests end by asserting it empty.

    `client` posts updates to the webhook; give one with an ASGI transport to stay inside the process.
    `one_per_second` answers 429 to a second message to one chat within a second of `clock`.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        client: httpx.AsyncClient | None = None,
        one_per_second: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with nobody in it and nothing wrong."""
        self.token = token
        self.violations: list[str] = []
        self.callbacks: dict[str, int] = {}  # callback query id -> times answered
        self.calls: dict[str, int] = defaultdict(int)  # method -> times called
        self.trouble: deque[Trouble] = deque()  # for the next sends, one each
        self.polled = asyncio.Event()  # set once somebody waits in a long poll
        self.webhook: Webhook | None = None
        self.waiting: deque[dict[str, Any]] = deque()  # updates nobody has confirmed yet
        self.served: Served | None = None
        self.app = Starlette(routes=[Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"])])
        self._phones: dict[int, Phone] = {}
        self._client = client or httpx.AsyncClient(trust_env=False, verify=PLAIN)
        self._one_per_second = one_per_second
        self._clock = clock
        self._spoke: dict[int, float] = {}
        self._numbers = itertools.count(1001)
        self._news = asyncio.Event()

    @property
    def url(self) -> str:
        """Return the address to use as HANDRAIL_TELEGRAM_API_URL."""
        assert self.served is not None, "not serving"
        return self.served.url

    @property
    def unanswered(self) -> list[str]:
        """Return callback queries that were not answered exactly once."""
        return [query for query, times in self.callbacks.items() if times != 1]

    def phone(self, chat_id: int, first_name: str = "Ana") -> Phone:
        """Return this person's phone; a new one has pressed Start, so the bot may write to it."""
        if chat_id not in self._phones:
            self._phones[chat_id] = Phone(self, chat_id, first_name)
        return self._phones[chat_id]

    def number(self) -> int:
        """Return the next id, for messages, updates and queries alike."""
        return next(self._numbers)

    async def push(self, kind: str, content: dict[str, Any]) -> int:
        """Hand an update to the webhook, or keep it for getUpdates; return the webhook's status or 0."""
        update = {"update_id": self.number(), kind: content}
        self.waiting.append(update)
        self._ring()
        return await self._deliver(update) if self.webhook else 0

    async def redeliver(self) -> list[int]:
        """Push again what the webhook has not accepted, oldest first; return the statuses."""
        return [await self._deliver(update) for update in list(self.waiting)]

    async def push_raw(self, update: dict[str, Any]) -> int:
        """Push an update of any shape to the webhook; return its status."""
        self.waiting.append(update)
        self._ring()
        return await self._deliver(update) if self.webhook else 0

    async def close(self) -> None:
        """Close the client that pushes updates."""
        await self._client.aclose()

    async def _deliver(self, update: dict[str, Any]) -> int:
        hook = self.webhook
        assert hook is not None, "no webhook is set"
        if hook.allowed and not hook.allowed & update.keys():
            self.waiting.remove(update)
            return 0
        headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
        answer = await self._client.post(hook.url, json=update, headers=headers)
        if answer.is_success and update in self.waiting:
            self.waiting.remove(update)
        return answer.status_code

    def _ring(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _answer(self, request: Request) -> Response:
        method = request.path_params["method"]
        self.calls[method] += 1
        try:
            if request.path_params["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            if method not in KNOWN:
                raise self._wrong(404, f"Not Found: method {method}")
            given = await _parameters(request)
            for name in given.keys() - KNOWN[method]:
                raise self._wrong(400, f"Bad Request: {method} got {name}")
            if method == "sendMessage" and self.trouble:
                return await self._troubled(request, given, self.trouble.popleft())
            result = await self._METHODS[method](self, given)
        except Refusal as refusal:
            return JSONResponse(refusal.answer, refusal.status)
        return JSONResponse({"ok": True, "result": result})

    async def _troubled(self, request: Request, given: dict[str, Any], trouble: Trouble) -> Response:
        if trouble.stored:
            await self._send_message(given)
        if trouble.hangs or trouble.drops:
            await suffer(request, trouble)
            return Response()
        if trouble.status == 429:
            wait = {"retry_after": trouble.retry_after} if trouble.retry_after is not None else {}
            raise Refusal(429, f"Too Many Requests: retry after {trouble.retry_after}", **wait)
        if trouble.status >= 500:
            return Response("<html>Bad Gateway</html>", trouble.status, media_type="text/html")
        raise Refusal(trouble.status, f"Bad Request: trouble {trouble.code}")

    def _wrong(self, status: int, description: str) -> Refusal:
        self.violations.append(description)
        return Refusal(status, description)

    async def _get_me(self, _given: dict[str, Any]) -> object:
        return BOT | {"can_join_groups": False, "can_read_all_group_messages": False}

    async def _send_photo(self, given: dict[str, Any]) -> object:
        photo, caption = given.pop("photo", None), str(given.pop("caption", ""))
        if not isinstance(photo, bytes) or not photo.startswith(b"\x89PNG") or len(photo) > LARGEST_PHOTO:
            raise self._wrong(400, "Bad Request: there is no photo in the request")
        if len(caption) > 1024:
            raise self._wrong(400, "Bad Request: message caption is too long")
        shown = await self._send_message(given | {"text": caption})
        self._phones[given["chat_id"]].bubbles[-1].picture = photo
        assert isinstance(shown, dict)
        size = {"file_id": "f1", "file_unique_id": "u1", "width": 640, "height": 240}
        return {name: value for name, value in shown.items() if name != "text"} | {"photo": [size]}

    async def _send_message(self, given: dict[str, Any]) -> object:
        chat_id, text = given.get("chat_id"), given.get("text")
        if not isinstance(chat_id, int) or chat_id not in self._phones:
            raise Refusal(400, "Bad Request: chat not found")
        phone = self._phones[chat_id]
        if phone.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if phone.migrated_to is not None:
            moved = {"migrate_to_chat_id": phone.migrated_to}
            raise Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", **moved)
        self._check_text(text)
        buttons = self._buttons(given.get("reply_markup"))
        self._check_pace(chat_id)
        reply_to = (given.get("reply_parameters") or {}).get("message_id")
        bubble = Bubble(message_id=self.number(), text=str(text), buttons=buttons, reply_to=reply_to)
        phone.receive(bubble)
        return self._shown(phone, bubble)

    async def _edit_message(self, given: dict[str, Any]) -> object:
        phone = self._phones.get(given.get("chat_id", 0))
        found = [b for b in phone.bubbles if b.message_id == given.get("message_id")] if phone else []
        if not phone or not found or found[0].mine:
            raise self._wrong(400, "Bad Request: message to edit not found")
        self._check_text(given.get("text"))
        found[0].text = str(given["text"])
        found[0].buttons = self._buttons(given.get("reply_markup"))
        return self._shown(phone, found[0])

    def _shown(self, phone: Phone, bubble: Bubble) -> dict[str, Any]:
        chat = {"id": phone.chat_id, "type": "private", "first_name": phone.first_name}
        head = {"message_id": bubble.message_id, "from": BOT, "chat": chat, "date": STARTED}
        return head | {"text": bubble.text}

    def _check_text(self, text: object) -> None:
        if not isinstance(text, str) or not text.strip():
            raise self._wrong(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise self._wrong(400, "Bad Request: message is too long")

    def _check_pace(self, chat_id: int) -> None:
        if not self._one_per_second:
            return
        at = self._clock()
        if at - self._spoke.get(chat_id, -1.0) < 1.0:
            raise Refusal(429, "Too Many Requests: retry after 1", retry_after=1)
        self._spoke[chat_id] = at

    def _buttons(self, markup: Any) -> list[tuple[str, str]]:
        buttons = [b for row in (markup or {}).get("inline_keyboard", []) for b in row]
        for button in buttons:
            if not button.get("text") or not button.get("callback_data"):
                raise self._wrong(400, "Bad Request: text buttons are unallowed in the inline keyboard")
            if len(button["callback_data"].encode()) > 64:
                raise self._wrong(400, "Bad Request: BUTTON_DATA_INVALID")
        return [(button["text"], button["callback_data"]) for button in buttons]

    async def _answer_callback(self, given: dict[str, Any]) -> object:
        query = str(given.get("callback_query_id", ""))
        if len(given.get("text", "")) > 200:
            raise self._wrong(400, "Bad Request: MESSAGE_TOO_LONG")
        if query not in self.callbacks:
            raise self._wrong(400, "Bad Request: query is too old and response timeout expired")
        self.callbacks[query] += 1
        if self.callbacks[query] > 1:
            self.violations.append("answerCallbackQuery: answered twice")
        return True

    async def _set_webhook(self, given: dict[str, Any]) -> object:
        url, secret = given.get("url", ""), given.get("secret_token")
        if not url.startswith(("http://", "https://")):
            raise self._wrong(400, "Bad Request: bad webhook: invalid URL")
        if secret is not None and not _good_secret(secret):
            raise self._wrong(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = Webhook(url=url, secret=secret, allowed=frozenset(given.get("allowed_updates") or ()))
        return True

    async def _delete_webhook(self, given: dict[str, Any]) -> object:
        self.webhook = None
        if given.get("drop_pending_updates"):
            self.waiting.clear()
        return True

    async def _webhook_info(self, _given: dict[str, Any]) -> object:
        url = self.webhook.url if self.webhook else ""
        return {"url": url, "has_custom_certificate": False, "pending_update_count": len(self.waiting)}

    async def _get_updates(self, given: dict[str, Any]) -> object:
        if self.webhook:
            raise self._wrong(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = given.get("offset", 0)
        while self.waiting and self.waiting[0]["update_id"] < offset:
            self.waiting.popleft()
        if not self.waiting and given.get("timeout"):
            news = self._news
            self.polled.set()
            try:
                await asyncio.wait_for(news.wait(), given["timeout"])
            except TimeoutError:
                return []
        return list(itertools.islice(self.waiting, given.get("limit", 100)))

    _METHODS = {  # noqa: RUF012 - a table of methods, never changed
        "getMe": _get_me,
        "sendMessage": _send_message,
        "sendPhoto": _send_photo,
        "editMessageText": _edit_message,
        "answerCallbackQuery": _answer_callback,
        "setWebhook": _set_webhook,
        "deleteWebhook": _delete_webhook,
        "getWebhookInfo": _webhook_info,
        "getUpdates": _get_updates,
    }


def _good_secret(secret: str) -> bool:
    return 1 <= len(secret) <= 256 and all(c.isascii() and (c.isalnum() or c in "_-") for c in secret)


async def _parameters(request: Request) -> dict[str, Any]:
    """Read parameters as Telegram does: a JSON body, or form fields whose values are JSON where not text."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(json.loads(body or b"{}"))
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            return {
                name: await value.read() if isinstance(value, UploadFile) else _from_json(value)
                for name, value in form.multi_items()
            }
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    return {name: value if name in _TEXTUAL else _from_json(value) for name, value in pairs}


_TEXTUAL = {"text", "url", "secret_token", "callback_query_id", "parse_mode"}


def _from_json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


@asynccontextmanager
async def telegram_server(
    *, client: httpx.AsyncClient | None = None, one_per_second: bool = False
) -> AsyncIterator[TelegramServer]:
    """Serve a fresh fake; its `url` goes into HANDRAIL_TELEGRAM_API_URL."""
    server = TelegramServer(client=client, one_per_second=one_per_second)
    async with running(server.app) as served:
        server.served = served
        try:
            yield server
        finally:
            await server.close()
