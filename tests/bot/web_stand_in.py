"""A stand-in for the server that the widget talks to: the HTTP contract with canned replies, errors and delays.

`python -m tests.bot.web_stand_in PORT` serves it for a look by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect

from bot import pages
from bot.supervisor import free_port

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
EXPIRES_S = 24 * 3600

SHORT_QUOTE = "Sau sáp nhập tỉnh, xã, giấy tờ còn hạn vẫn dùng được, bà con không bắt buộc đổi hay làm lại."
LONG_QUOTE = """- Tờ khai đăng ký khai sinh theo mẫu, khi nộp trực tiếp hoặc gửi bưu điện; nộp qua mạng thì điền ở đó.
- Giấy chứng sinh của bé; nếu không có thì thay bằng văn bản của người làm chứng về việc sinh.
- Giấy chứng sinh đã nộp bản điện tử, hoặc nơi nhận tra được bản có ký số, thì khỏi nộp bản giấy.
- Căn cước, hộ chiếu hoặc giấy tờ có ảnh còn hạn để đưa ra khi đăng ký khai sinh trực tiếp.
- Giấy tờ về nơi cư trú, chỉ khi nơi đăng ký khai sinh không tra được trong cơ sở dữ liệu.
- Biên bản trẻ bị bỏ rơi, nếu bé bị bỏ rơi; xác nhận của cơ sở y tế, nếu bé sinh nhờ mang thai hộ.

Cha mẹ đã đăng ký kết hôn chỉ cần ghi thông tin Giấy chứng nhận kết hôn, nơi đăng ký khai sinh sẽ tự tra cứu."""
SECOND_QUOTE = "Đăng ký khai sinh đúng hạn thì không mất lệ phí."
STEPS_QUOTE = """Khi lỡ bị lừa chuyển tiền, anh/chị bình tĩnh làm ngay năm việc sau.

1. Anh/chị dừng chuyển tiền ngay, dù kẻ lừa đảo còn thúc giục.
2. Anh/chị báo ngay cho ngân hàng của mình là đã bị lừa chuyển tiền.
3. Anh/chị giữ lại bằng chứng như tin nhắn, số điện thoại và biên lai chuyển tiền.
4. Anh/chị trình báo vụ lừa đảo với công an địa phương (công an xã, phường).
5. Anh/chị báo cho người thân biết để không ai bị lừa tiếp.

Không có gì bảo đảm sẽ lấy lại được tiền đã bị lừa, nên anh/chị báo ngân hàng và công an càng sớm càng tốt.
Nếu lỡ cài ứng dụng giả mạo, anh/chị báo ngân hàng khóa tài khoản và tắt nguồn điện thoại, rồi nhờ người quen giúp."""
OLD_QUOTE = "Phí chứng thực bản sao từ bản chính là hai nghìn đồng một trang."
COMING_QUOTE = "Mỗi công dân được cấp một hộp thư công dân điện tử miễn phí."


def citation(n: int, title: str, quote: str, **known: Any) -> dict[str, Any]:
    """One source as the contract has it."""
    nothing = dict.fromkeys(
        ("number", "issuer", "issued", "effective_from", "effective_to", "in_force", "section", "url")
    )
    more = {"document_id": title, "passage_id": f"{title}#{n}", "checked_on": "2026-11-21"}
    return {"n": n, "title": title, **nothing, "quote": quote, **more, **known}


def reply(
    text: str, status: str = "answered", *sources: dict[str, Any], buttons: tuple[str, ...] = ()
) -> dict[str, Any]:
    """One message without its id."""
    titles = [{"title": title, "payload": title} for title in buttons]
    return {"text": text, "status": status, "citations": list(sources), "buttons": titles}


_BIRTH = "Đăng ký khai sinh"
_BIRTH_FACTS = {
    "number": "1.001193",
    "issuer": "Bộ Tư pháp",
    "issued": "2026-07",
    "url": "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/khai-sinh",
}
REPLIES = {
    "khai sinh": reply(
        f"Dạ, tài liệu có ghi:\n{LONG_QUOTE} [1]\n{SECOND_QUOTE} [2]\nLưu ý: dữ liệu lấy tháng 7/2026.",
        "answered",
        citation(1, _BIRTH, LONG_QUOTE, section="Cần những giấy tờ gì?", **_BIRTH_FACTS),
        citation(
            2, "Luật Hộ tịch", SECOND_QUOTE, number="60/2014/QH13", section="Điều 11", effective_from="2016-01-01",
            in_force=True, issuer="Quốc hội", issued="2014-11-20", url="https://vbpl.vn/luat-ho-tich",
        ),
        buttons=("Đăng ký khai sinh nộp hồ sơ ở đâu, bằng cách nào?", "Đăng ký khai sinh bao lâu có kết quả?"),
    ),
    "lừa": reply(
        f"Dạ, anh/chị bình tĩnh. Đừng chuyển thêm tiền.\n{STEPS_QUOTE} [1]",
        "urgent",
        citation(1, "Phòng, chống lừa đảo qua mạng", STEPS_QUOTE, section="Lỡ bị lừa chuyển tiền thì làm gì ngay?"),
        buttons=("Báo cuộc gọi lừa đảo ở đâu?",),
    ),
    "phí chứng thực": reply(
        f"Dạ, tài liệu có ghi:\n{OLD_QUOTE} [1]\n{COMING_QUOTE} [2]",
        "answered",
        citation(
            1, "Nghị định về phí chứng thực", OLD_QUOTE, number="10/2020/NĐ-CP", section="Điều 1", in_force=False,
            effective_from="2020-03-01", effective_to="2025-12-31", issuer="Chính phủ", issued="2020-01-05",
        ),
        citation(
            2, "Nghị định về hộp thư công dân", COMING_QUOTE, number="99/2026/NĐ-CP", section="Điều 2",
            in_force=False, effective_from="2100-07-01", issuer="Chính phủ", issued="2026-11-01", checked_on=None,
        ),
    ),
    "thời tiết": reply(
        "Dạ, việc này nằm ngoài tài liệu của trợ lý.\nAnh/chị xem trang https://dichvucong.gov.vn nhé.",
        "off_topic",
        buttons=("Nộp hồ sơ qua mạng",),
    ),
    "nguy hiểm": reply("<img src=x onerror=\"document.title='hacked'\"> **đậm** [bấm](javascript:alert(1)) <b>x</b>"),
    "liền nhau": reply(
        f"Dạ, tài liệu có ghi:\n{SECOND_QUOTE} [1]\n{SHORT_QUOTE} [2]",
        "answered",
        citation(1, _BIRTH, SECOND_QUOTE, section="Lệ phí", **_BIRTH_FACTS),
        citation(2, _BIRTH, SHORT_QUOTE, section="Lệ phí", **_BIRTH_FACTS),
    ),
    "hỏng": reply("Dạ, trợ lý đang bận, chưa trả lời được.", "unavailable"),
    "cảm ơn": reply("Dạ, không có gì ạ.", "smalltalk"),
}  # fmt: skip
DEFAULT = reply(
    f"Dạ, tài liệu có ghi:\n{SHORT_QUOTE} [1]",
    "answered",
    citation(
        1, "Giấy tờ cũ sau sáp nhập", SHORT_QUOTE, number="190/2025/QH15", issuer="Quốc hội", section="Điều 10",
        issued="2025-02-19", effective_from="2025-02-19", in_force=True, url="https://vanban.chinhphu.vn/nq190",
    ),
    buttons=("Đổi giấy tờ do sáp nhập có mất phí không?",),
)  # fmt: skip
WELCOME = reply(
    "Dạ, xin chào anh/chị, xin chào bà con. Đây là trợ lý tự động (AI) về dịch vụ công trực tuyến.\n"
    "Anh/chị cần hỏi việc gì ạ?",
    "smalltalk",
    buttons=(
        "Sau sáp nhập, giấy tờ cũ có phải đổi không?",
        "Đăng ký khai sinh cần giấy tờ gì?",
        "Lỡ bị lừa thì làm gì?",
    ),
)
ERRORS = {
    "session": (401, "Phiên làm việc đã hết, anh/chị tải lại trang giúp."),
    "too_long": (413, "Dạ, câu hỏi dài quá, anh/chị viết ngắn lại giúp."),
    "rate": (429, "Dạ, anh/chị hỏi hơi nhanh."),
    "internal": (500, "Dạ, hệ thống đang gặp trục trặc."),
    "not_found": (404, "Dạ, không tìm thấy."),
}


@dataclass
class Stand:
    """What the server does next, and what it has seen.

    `errors`: codes that the next chat requests get. `raw`: statuses and bodies that they get instead. `past`: tokens
    that have expired; they are good for erasing only.
    """

    port: int = field(default_factory=free_port)
    errors: list[str] = field(default_factory=list)
    retry_after: int = 2
    expires_in: int = EXPIRES_S
    chats: list[dict[str, Any]] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)
    past: dict[str, str] = field(default_factory=dict)
    renewed: int = 0
    turns: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[str, str] = field(default_factory=dict)
    origins: list[str] = field(default_factory=list)
    host_page: str = ""
    host_policy: str = ""
    open_gate: threading.Event = field(default_factory=threading.Event)
    broken: set[str] = field(default_factory=set)
    raw: list[tuple[int, Any]] = field(default_factory=list)
    open_erasing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.open_gate.set()
        self.open_erasing.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        """As at the start, on the same port."""
        self.open_gate.set()  # or who still waits there would wait for ever
        self.open_erasing.set()
        fresh = Stand(self.port)
        for name in self.__dataclass_fields__:
            if name not in ("origins", "host_page", "host_policy"):
                setattr(self, name, getattr(fresh, name))

    def expire(self) -> None:
        """Every session is over, as after a day."""
        self.past |= self.sessions
        self.sessions.clear()

    def messages(self) -> list[dict[str, Any]]:
        """Every message that anybody got."""
        return [message for turns in self.turns.values() for turn in turns for message in turn["messages"]]


def error(code: str, **headers: str) -> JSONResponse:
    status, message = ERRORS[code]
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


def answer_to(text: str) -> dict[str, Any]:
    found = next((canned for words, canned in REPLIES.items() if words in text.lower()), DEFAULT)
    return {**found, "message_id": uuid.uuid4().hex}


def make_app(stand: Stand) -> FastAPI:
    """The contract. Chats wait at `stand.open_gate`, erasures at `stand.open_erasing`."""
    app = FastAPI()
    app.include_router(pages.router)
    app.add_middleware(
        CORSMiddleware, allow_origins=stand.origins, allow_methods=["GET", "POST", "DELETE"], max_age=600,
        allow_headers=["Content-Type", "Authorization"],
    )  # fmt: skip

    @app.middleware("http")
    async def harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.url.path in stand.broken:
            return error("internal")
        response = await call_next(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    def sender(request: Request) -> str | None:
        return stand.sessions.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    @app.post("/api/session")
    async def session(request: Request) -> Response:
        known = sender(request)
        if "authorization" in request.headers and known is None:
            return error("session")
        stand.renewed += known is not None
        token = uuid.uuid4().hex
        stand.sessions[token] = known or uuid.uuid4().hex
        return JSONResponse({"session": token, "expires_in": stand.expires_in})

    @app.get("/api/welcome")
    async def welcome() -> Response:
        return JSONResponse({"sender": "", "messages": [{**WELCOME, "message_id": "welcome"}]})

    @app.post("/api/chat")
    async def chat(request: Request) -> Response:
        known, body = sender(request), await request.json()
        if known is None:
            return error("session")
        stand.chats.append(body)
        if stand.errors:
            code = stand.errors.pop(0)
            return error(code, **({"Retry-After": str(stand.retry_after)} if code == "rate" else {}))
        if stand.raw:
            status, content = stand.raw.pop(0)
            return JSONResponse(content, status_code=status)
        await asyncio.to_thread(stand.open_gate.wait)
        turns = stand.turns[known]
        if not (turn := next((old for old in turns if old["client_id"] == body["client_id"]), None)):
            turn = {
                "client_id": body["client_id"], "asked": body["message"], "at": "2026-11-22T07:05:00Z",
                "messages": [answer_to(body["message"])], "ratings": {},
            }  # fmt: skip
            turns.append(turn)
        return JSONResponse({"sender": known, "messages": turn["messages"]})

    @app.get("/api/history")
    async def history(request: Request) -> Response:
        known = sender(request)
        return error("session") if known is None else JSONResponse({"turns": stand.turns[known]})

    @app.delete("/api/conversation")
    async def forget(request: Request) -> Response:
        known = sender(request) or stand.past.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if known is None:
            return error("session")
        await asyncio.to_thread(stand.open_erasing.wait)
        stand.turns.pop(known, None)
        return Response(status_code=204)

    @app.post("/api/feedback")
    async def feedback(request: Request) -> Response:
        known, body = sender(request), await request.json()
        if known is None:
            return error("session")
        for turn in stand.turns[known]:
            if any(message["message_id"] == body["message_id"] for message in turn["messages"]):
                turn["ratings"][body["message_id"]] = body["rating"]
                if "reason" in body:
                    stand.reasons[body["message_id"]] = body["reason"]
                return Response(status_code=204)
        return error("not_found")

    @app.get("/host")
    async def host() -> Response:
        """The page of some other site."""
        return HTMLResponse(stand.host_page, headers={"Content-Security-Policy": stand.host_policy})

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, left: ClientDisconnect) -> Response:
        return Response(status_code=400)

    return app


@contextlib.contextmanager
def served(stand: Stand) -> Iterator[Stand]:
    """The stand-in behind a real uvicorn."""
    config = uvicorn.Config(
        make_app(stand),
        host="127.0.0.1",
        port=stand.port,
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.02)
        assert server.started, "the stand-in did not start"
        yield stand
    finally:
        stand.open_gate.set()
        stand.open_erasing.set()
        server.should_exit = True
        thread.join(20)


if __name__ == "__main__":
    by_hand = Stand(int(sys.argv[1]) if len(sys.argv) > 1 else free_port())
    with served(by_hand):
        print(by_hand.url)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
