"""A tiny Zalo on loopback: takes messages, gives tokens that can be spent once, signs events."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs

APP_ID, OA_ID = "1000000000000000001", "4001"
APP_SECRET, OA_SECRET = "test-app-secret", "test-oa-secret"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that the fake accepted."""

    path: str
    recipient: dict[str, str]
    message: dict[str, Any]
    token: str

    @property
    def text(self) -> str:
        return str(self.message["text"])

    @property
    def person(self) -> str:
        return self.recipient.get("user_id") or self.recipient["anonymous_id"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one message instead: an error code, an HTTP status, or a hang-up before or after taking it."""

    code: int = 0
    status: int = 200
    drop: bool = False
    taken: bool = False
    body: bytes | None = None


class FakeZalo:
    """Both hosts of Zalo at once. `fault` decides about each message before it is taken."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.calls = 0
        self.fault: Callable[[int, dict[str, Any]], Fault | None] = lambda number, body: None
        self.access, self.refresh_token, self.generation = "access-0", "refresh-0", 0
        self.token_requests: list[dict[str, str]] = []
        self.token_fault: Fault | None = None
        self.token_faults: list[Fault] = []  # the next calls meet these first, one each
        self.expires_in: Any = "90000"
        self.codes: dict[str, str] = {}  # code → challenge
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with contextlib.suppress(OSError):
                    if self.path == "/v4/oa/access_token":
                        fake._give(self, *fake._token(self.headers.get("secret_key", ""), raw))
                    else:
                        fake._give(self, *fake._message(self.path, self.headers.get("access_token", ""), raw))

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def texts(self, person: str) -> list[str]:
        """What this person got, in order."""
        with self._lock:
            return [taken.text for taken in self.taken if taken.person == person]

    def faults(self, *faults: Fault | None) -> None:
        """The next messages meet these, one each."""
        left = iter(faults)
        self.fault = lambda number, body: next(left, None)

    @staticmethod
    def _give(handler: BaseHTTPRequestHandler, status: int, body: bytes | None) -> None:
        if body is None:
            handler.close_connection = True
            return
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _message(self, path: str, token: str, raw: bytes) -> tuple[int, bytes | None]:
        body = json.loads(raw)
        with self._lock:
            self.calls += 1
            fault = self.fault(self.calls, body)
            if fault is None or fault.taken:
                if token != self.access:
                    return 200, _json({"error": -216, "message": "invalid"})
                self.taken.append(Taken(path, body["recipient"], body["message"], token))
            if fault is not None:
                if fault.drop:
                    return 0, None
                return fault.status, fault.body or _json({"error": fault.code, "message": "no"})
            data = {"message_id": f"out-{len(self.taken)}", "quota": {"quota_type": "reply"}}
        return 200, _json({"error": 0, "message": "Success", "data": data})

    def _token(self, secret: str, raw: bytes) -> tuple[int, bytes | None]:
        fields = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
        with self._lock:
            self.token_requests.append(fields)
            fault = self.token_faults.pop(0) if self.token_faults else self.token_fault
            if fault is not None and not fault.taken:
                return (0, None) if fault.drop else (fault.status, fault.body or _json({"error": fault.code}))
            if secret != APP_SECRET or fields["app_id"] != APP_ID:
                return 200, _json({"error": -14002})
            if not self._spend(fields):
                return 200, _json({"error": -14020, "error_name": "Invalid refresh token"})
            self.generation += 1
            self.access, self.refresh_token = f"access-{self.generation}", f"refresh-{self.generation}"
            if fault is not None:
                return 0, None
            pair = {"access_token": self.access, "refresh_token": self.refresh_token, "expires_in": self.expires_in}
        return 200, _json({key: value for key, value in pair.items() if value is not None})

    def _spend(self, fields: dict[str, str]) -> bool:
        if fields["grant_type"] == "refresh_token":
            return fields["refresh_token"] == self.refresh_token
        challenge = self.codes.pop(fields["code"], None)
        return challenge is not None and challenge == _challenge(fields["code_verifier"])


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _challenge(verifier: str) -> str:
    import base64

    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


# --- events ---------------------------------------------------------------------------------------------------------


def event(name: str, at_ms: int, person: str = "2001", **fields: Any) -> dict[str, Any]:
    """An event as Zalo writes it."""
    return {
        "app_id": APP_ID,
        "sender": {"id": person},
        "user_id_by_app": "3001",
        "recipient": {"id": OA_ID},
        "event_name": name,
        **fields,
        "timestamp": str(at_ms),
    }


def text_event(text: str, msg_id: str, at_ms: int, person: str = "2001") -> dict[str, Any]:
    """Words of a person."""
    return event("user_send_text", at_ms, person, message={"text": text, "msg_id": msg_id})


def body_of(data: dict[str, Any]) -> bytes:
    """The bytes of an event, Vietnamese as it is."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def signature(body: bytes, timestamp: str, secret: str = OA_SECRET) -> str:
    """The header's value for these bytes."""
    return "mac=" + hashlib.sha256(APP_ID.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def signed(data: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of an event."""
    body = body_of(data)
    headers = {"Content-Type": "application/json", "X-ZEvent-Signature": signature(body, str(data["timestamp"]))}
    return body, headers


@contextlib.contextmanager
def fake_zalo() -> Iterator[FakeZalo]:
    """A running one."""
    with FakeZalo() as zalo:
        yield zalo
