"""A strict Twilio: refuses what the real one refuses, and keeps a list of everything that was wrong."""

from __future__ import annotations

import asyncio
import base64
import hmac
import itertools
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it ships no types

from tests.fakes.serving import PLAIN, Served, running
from tests.fakes.trouble import Trouble, suffer
from tests.fakes.twilio_calls import Calls
from tests.fakes.twilio_phone import Phone, Text
from tests.fakes.twilio_refusal import Refusal

ACCOUNT = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+12025550100"
SERVICE = "MG" + "0" * 31 + "1"
PUBLIC_URL = "https://bot.example.org"

# Single words, whole message: what Twilio acts on by itself before the webhook hears of it.
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START_WORDS = {"START", "YES", "UNSTOP"}
HELP_WORDS = {"HELP", "INFO"}

KNOWN = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"}
KNOWN_FILTERS = {"To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"}


class TwilioServer:
    """The fake's state. `violations` lists what a strict reader objects to; tests end by asserting it empty.

    Webhooks are signed for `public_url` and posted there by `client`, or to `actual_url` in its place with
    the Host of the public one, as a proxy does. `tokens[0]` signs; every token may call the API.
    """

    def __init__(
        self,
        *,
        tokens: tuple[str, ...] = (AUTH_TOKEN,),
        numbers: tuple[str, ...] = (NUMBER,),
        public_url: str = PUBLIC_URL,
        actual_url: str | None = None,
        client: httpx.AsyncClient | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        advanced_opt_out: bool = False,
    ) -> None:
        """Start with no messages and nothing wrong."""
        self.account = ACCOUNT
        self.account_status = "active"
        self.tokens = tokens
        self.numbers = numbers
        self.number = numbers[0]
        self.public_url = public_url
        self.actual_url = actual_url
        self.violations: list[str] = []
        self.trouble: deque[Trouble] = deque()  # for the next sends, one each
        self.texts: dict[str, Text] = {}
        self.opted_out: set[str] = set()
        self.auto_report: tuple[str, ...] = ()  # statuses reported by themselves after each send
        self.reports: list[int] = []  # what the status webhook answered, in order
        self.inbound_path = "/webhooks/twilio/sms"
        self.webhook_on = True
        self.served: Served | None = None
        self.calls = Calls(self, now)
        root = f"/2010-04-01/Accounts/{ACCOUNT}"
        self.app = Starlette(
            routes=[
                Route(
                    "/2010-04-01/Accounts/{account}/Messages.json", self._messages, methods=["GET", "POST"]
                ),
                Route("/2010-04-01/Accounts/{account}/Messages/{sid}.json", self._message, methods=["GET"]),
                Route("/2010-04-01/Accounts/{account}/Calls.json", self._calls, methods=["GET", "POST"]),
                Route("/2010-04-01/Accounts/{account}/Calls/{sid}.json", self._call, methods=["GET"]),
                Route("/2010-04-01/Accounts/{account}.json", self._account, methods=["GET"]),
                Route("/{rest:path}", self._stray, methods=["GET", "POST", "PUT", "DELETE"]),
            ]
        )
        self._uri = f"{root}/Messages"
        self._by_number: dict[str, list[Text]] = defaultdict(list)
        self._phones: dict[str, Phone] = {}
        self._client = client or httpx.AsyncClient(trust_env=False, verify=PLAIN)
        self._now = now
        self._advanced = advanced_opt_out
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Return the address to use as HANDRAIL_TWILIO_API_URL."""
        assert self.served is not None, "not serving"
        return self.served.url

    def phone(self, number: str) -> Phone:
        """Return the phone with this E.164 number."""
        if number not in self._phones:
            self._phones[number] = Phone(self, number)
        return self._phones[number]

    async def inbound(self, sender: str, to: str, body: str, media: tuple[str, ...] = ()) -> int:
        """Take a text from a phone and post it, signed, to the inbound webhook; return its status or 0."""
        word = body.strip().upper()
        if word in STOP_WORDS:
            self.opted_out.add(sender)
        elif word in START_WORDS:
            self.opted_out.discard(sender)
        text = self.keep(sender=sender, to=to, body=body, inbound=True, media=len(media))
        return await self.forward(text, media) if self.webhook_on else 0

    async def forward(self, text: Text, media: tuple[str, ...] = ()) -> int:
        """Post an inbound text to the webhook (again, to play a repeat); return its status."""
        form = {
            "ToCountry": "US",
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsMessageSid": text.sid,
            "SmsStatus": "received",
            "AccountSid": ACCOUNT,
            "From": text.sender,
            "To": text.to,
            "Body": text.body,
            "NumSegments": "1",
            "NumMedia": str(text.media),
            "ApiVersion": "2010-04-01",
        }
        for index, kind in enumerate(media):
            form[f"MediaUrl{index}"] = f"https://api.twilio.com{self._uri}/{text.sid}/Media/ME{index}"
            form[f"MediaContentType{index}"] = kind
        kind_of_word = _opt_out_type(text.body) if self._advanced else None
        if kind_of_word:
            form["OptOutType"] = kind_of_word
        return await self.post(self.public_url + self.inbound_path, form)

    async def report(self, text: Text, *statuses: str, error_code: int | None = None) -> list[int]:
        """Post status callbacks in the order given, in order or not; return what the webhook answered."""
        answers = []
        for status in statuses:
            text.status, text.error_code = status, error_code
            form = {
                "MessageSid": text.sid,
                "SmsSid": text.sid,
                "MessageStatus": status,
                "SmsStatus": status,
                "AccountSid": ACCOUNT,
                "From": text.sender,
                "To": text.to,
                "ApiVersion": "2010-04-01",
            }
            if error_code is not None:
                form["ErrorCode"] = str(error_code)
            if text.callback:
                answers.append(await self.post(text.callback, form))
        self.reports += answers
        return answers

    async def post(self, url: str, form: dict[str, str], *, signature: str | None = None) -> int:
        """Sign `form` for the public `url` and post it there; return the status."""
        status, _ = await self.fetch(url, form, signature=signature)
        return status

    async def fetch(self, url: str, form: dict[str, str], *, signature: str | None = None) -> tuple[int, str]:
        """Do the same; return status and body."""
        signed = signature or RequestValidator(self.tokens[0]).compute_signature(url, form)
        headers = {
            "X-Twilio-Signature": str(signed),
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        target = url
        if self.actual_url is not None and url.startswith(self.public_url):
            target = self.actual_url + url.removeprefix(self.public_url)
            headers["Host"] = urlsplit(self.public_url).netloc
        answer = await self._client.post(target, content=urlencode(form), headers=headers)
        return answer.status_code, answer.text

    async def settled(self) -> None:
        """Wait until every report under way has been posted."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Stop reporting and close the client that posts webhooks."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    # What the API answers.

    async def _messages(self, request: Request) -> Response:
        try:
            self._check_auth(request)
            if request.method == "GET":
                return self._list(request)
            form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            if self.trouble:
                return await self._troubled(request, self.trouble.popleft(), partial(self._create, form))
            return JSONResponse(self._shown(self._create(form)), 201)
        except Refusal as refusal:
            return refusal.answer()

    async def _calls(self, request: Request) -> Response:
        try:
            self._check_auth(request)
            if request.method == "GET":
                return self.calls.listed(request.query_params)
            create = partial(
                self.calls.create, dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            )
            if self.calls.trouble:
                return await self._troubled(request, self.calls.trouble.popleft(), create)
            return JSONResponse(self.calls.shown(create()), 201)
        except Refusal as refusal:
            return refusal.answer()

    async def _call(self, request: Request) -> Response:
        try:
            self._check_auth(request)
            return JSONResponse(self.calls.shown(self.calls.one(request.path_params["sid"])))
        except Refusal as refusal:
            return refusal.answer()

    async def _troubled(self, request: Request, trouble: Trouble, create: Callable[[], object]) -> Response:
        if trouble.stored:
            create()
        if trouble.hangs or trouble.drops:
            await suffer(request, trouble)
            return Response()
        refusal = Refusal(trouble.status, trouble.code or 20500, "Scripted trouble")
        return refusal.answer(trouble.retry_after)

    async def _message(self, request: Request) -> Response:
        try:
            self._check_auth(request)
            text = self.texts.get(request.path_params["sid"])
            if text is None:
                raise Refusal(404, 20404, "The requested resource was not found")
        except Refusal as refusal:
            return refusal.answer()
        return JSONResponse(self._shown(text))

    async def _account(self, request: Request) -> Response:
        try:
            self._check_auth(request)
        except Refusal as refusal:
            return refusal.answer()
        about = {"sid": ACCOUNT, "friendly_name": "Test", "status": self.account_status, "type": "Full"}
        return JSONResponse(about)

    async def _stray(self, request: Request) -> Response:
        self.violations.append(f"{request.method} to an address Twilio does not have")
        return Refusal(404, 20404, "The requested resource was not found").answer()

    def _check_auth(self, request: Request) -> None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        good = {base64.b64encode(f"{ACCOUNT}:{token}".encode()).decode() for token in self.tokens}
        if kind != "Basic" or not any(hmac.compare_digest(given, each) for each in good):
            raise Refusal(401, 20003, "Authenticate")
        if request.path_params["account"] != ACCOUNT:
            raise self._wrong(404, 20404, "The requested resource was not found")
        if self.account_status != "active" and request.method == "POST":
            raise Refusal(401, 20005, "Account not active")

    def _create(self, form: dict[str, str]) -> Text:
        sender = self._check(form)
        if form["To"] in self.opted_out:
            raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        text = self.keep(sender=sender, to=form["To"], body=form["Body"], inbound=False)
        text.service = form.get("MessagingServiceSid")
        text.callback = form.get("StatusCallback")
        text.validity = int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None
        self.phone(text.to).receive(text)
        if self.auto_report:
            self._report_soon(text)
        return text

    def _check(self, form: dict[str, str]) -> str:
        """Return the number the text leaves from. Raises Refusal, having noted it, for anything wrong."""
        for name in form.keys() - KNOWN:
            raise self._wrong(400, 20001, f"Unknown parameter {name}")
        to, body = form.get("To", ""), form.get("Body", "")
        if not to:
            raise self._wrong(400, 21604, "A 'To' phone number is required.")
        if not (to.startswith("+") and to[1:].isascii() and to[1:].isdigit() and 8 <= len(to) <= 16):
            raise self._wrong(400, 21211, "Invalid 'To' Phone Number")
        if not body:
            raise self._wrong(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise self._wrong(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        callback = urlsplit(form.get("StatusCallback", "https://x"))
        if callback.scheme not in ("http", "https") or not callback.netloc:
            raise self._wrong(400, 21609, "The StatusCallback URL is not a valid URL.")
        validity = form.get("ValidityPeriod", "1")
        if not validity.isdigit() or not 1 <= int(validity) <= 36000:
            raise self._wrong(400, 21624, "Invalid validity period value")
        return self._sender(form)

    def _sender(self, form: dict[str, str]) -> str:
        service, sender = form.get("MessagingServiceSid"), form.get("From")
        if service is not None and service != SERVICE:
            raise self._wrong(400, 21705, "The Messaging Service is invalid")
        if service is None and sender is None:
            raise self._wrong(400, 21603, "A 'From' phone number is required.")
        if sender is not None and sender not in self.numbers:
            raise self._wrong(400, 21659, "'From' is not a Twilio phone number of this account")
        return sender or self.number

    def _wrong(self, status: int, code: int, message: str) -> Refusal:
        self.violations.append(f"{code}: {message}")
        return Refusal(status, code, message)

    def keep(self, *, sender: str, to: str, body: str, inbound: bool, media: int = 0) -> Text:
        """Store a text as if it had been sent or had come, without any check or webhook."""
        at = self._now()
        text = Text(
            sid=("MM" if media else "SM") + f"{next(self._numbers):032x}",
            sender=sender,
            to=to,
            body=body,
            inbound=inbound,
            created=at,
            sent=at if inbound else None,  # a queued text has not been sent yet
            status="received" if inbound else "queued",
            media=media,
        )
        self.texts[text.sid] = text
        self._by_number[to].append(text)
        self._by_number[sender].append(text)
        return text

    def _report_soon(self, text: Text) -> None:
        async def report() -> None:
            await self.report(text, *self.auto_report)

        task = asyncio.create_task(report())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _list(self, request: Request) -> Response:
        query = request.query_params
        for name in query.keys() - KNOWN_FILTERS:
            raise self._wrong(400, 20001, f"Unknown filter {name}")
        number = query.get("To") or query.get("From")
        texts = self._by_number[number] if number else self.texts.values()
        chosen = [text for text in reversed(list(texts)) if _passes(text, query)]
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        if not 1 <= size <= 1000:
            raise self._wrong(400, 20006, "PageSize must be 1 to 1000")
        shown = chosen[page * size : (page + 1) * size]
        here = f"{self._uri}.json"
        more = (page + 1) * size < len(chosen)
        filters = {name: value for name, value in query.items() if name in KNOWN_FILTERS}

        def uri(number: int) -> str:
            return f"{here}?{urlencode(filters | {'PageSize': size, 'Page': number})}"

        return JSONResponse(
            {
                "messages": [self._shown(text) for text in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + len(shown) - 1,
                "uri": uri(page),
                "first_page_uri": uri(0),
                "next_page_uri": uri(page + 1) if more else None,
                "previous_page_uri": uri(page - 1) if page else None,
            }
        )

    def _shown(self, text: Text) -> dict[str, Any]:
        created = format_datetime(text.created)
        return {
            "sid": text.sid,
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": text.body,
            "from": text.sender,
            "to": text.to,
            "direction": "inbound" if text.inbound else "outbound-api",
            "status": text.status,
            "date_created": created,
            "date_updated": created,
            "date_sent": format_datetime(text.sent) if text.sent else None,
            "error_code": text.error_code,
            "error_message": None,
            "messaging_service_sid": text.service,
            "num_media": str(text.media),
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "uri": f"{self._uri}/{text.sid}.json",
            "subresource_uris": {"media": f"{self._uri}/{text.sid}/Media.json"},
        }


def _passes(text: Text, query: Any) -> bool:
    if "To" in query and text.to != query["To"]:
        return False
    if "From" in query and text.sender != query["From"]:
        return False
    if "DateSent" not in query and "DateSent>" not in query and "DateSent<" not in query:
        return True
    if text.sent is None:
        return False
    whole = text.sent.replace(microsecond=0)
    return (
        ("DateSent" not in query or whole.date() == _instant(query["DateSent"]).date())
        and ("DateSent>" not in query or whole >= _instant(query["DateSent>"]))
        and ("DateSent<" not in query or whole <= _instant(query["DateSent<"]))
    )


def _instant(written: str) -> datetime:
    at = datetime.fromisoformat(written)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _opt_out_type(body: str) -> str | None:
    word = body.strip().upper()
    for name, words in (("STOP", STOP_WORDS), ("START", START_WORDS), ("HELP", HELP_WORDS)):
        if word in words:
            return name
    return None


@asynccontextmanager
async def twilio_server(
    *,
    public_url: str = PUBLIC_URL,
    actual_url: str | None = None,
    client: httpx.AsyncClient | None = None,
    tokens: tuple[str, ...] = (AUTH_TOKEN,),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[TwilioServer]:
    """Serve a fresh fake; its `url` goes into HANDRAIL_TWILIO_API_URL."""
    server = TwilioServer(public_url=public_url, actual_url=actual_url, client=client, tokens=tokens, now=now)
    async with running(server.app) as served:
        server.served = served
        try:
            yield server
        finally:
            await server.close()
