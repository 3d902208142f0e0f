"""What people open in a browser: the pages, and the one script that puts the assistant on any site."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import mimetypes
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

_WEB = Path(__file__).parent / "web"
_PAGES = {"/": "index.html", "/chat": "chat.html", "/page.css": "page.css", "/favicon.svg": "favicon.svg"}
# In this order, because each leans on those before it.
_PARTS = "texts dom text sources answer feedback api transcript composer conversation element boot".split()
_REVALIDATE, _FOREVER = "no-cache", "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: plain and gzipped, with the hash of its content."""

    body: bytes
    gzipped: bytes
    media_type: str
    digest: bytes

    @property
    def version(self) -> str:
        """The first twelve hexadecimal digits of the SHA-256."""
        return self.digest.hex()[:12]

    @property
    def integrity(self) -> str:
        """The value of an `integrity` attribute."""
        return f"sha256-{base64.b64encode(self.digest).decode()}"


def asset(body: bytes, name: str) -> Asset:
    """A file's content, ready to be sent."""
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
    return Asset(body, gzip.compress(body, 9, mtime=0), str(kind), hashlib.sha256(body).digest())


def _lean(source: str) -> str:
    """Code without indentation, blank lines and lines that are comments; it has no text that goes over lines."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@cache
def widget() -> Asset:
    """The widget with its style sheet: all parts in one script that leaves no names behind."""
    folder = _WEB / "widget"
    style = _lean(re.sub(r"/\*.*?\*/", "", (folder / "widget.css").read_text(encoding="utf-8"), flags=re.DOTALL))
    parts = [_lean((folder / f"{name}.js").read_text(encoding="utf-8")) for name in _PARTS]
    head = [
        "(() => {",
        "'use strict';",
        "const SCRIPT = document.currentScript;",
        "const HOME = new URL('.', SCRIPT ? SCRIPT.src : location.href).href;",
        f"const STYLE = {json.dumps(style, ensure_ascii=False)};",
    ]
    return asset("\n".join([*head, *parts, "})();", ""]).encode(), "widget.js")


@cache
def _page(name: str, in_head: str = "") -> Asset:
    body = (_WEB / name).read_bytes()
    return asset(body.replace(b"</head>", f"  {in_head}\n</head>".encode(), 1) if in_head else body, name)


def send(found: Asset, request: Request, cache_control: str = _REVALIDATE) -> Response:
    """A file: gzipped for those who take it, and not again to those who have it."""
    headers = {
        "Cache-Control": cache_control,
        "ETag": f'"{found.version}"',
        "Vary": "Accept-Encoding",
    }
    if found.version in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(found.gzipped if zipped else found.body, media_type=found.media_type, headers=headers)


def _script(request: Request, cache_control: str) -> Response:
    response = send(widget(), request, cache_control)
    # Any site may load it, also one that checks `integrity` or isolates itself; the API has its own list of origins.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@router.get("/widget.js")
async def current_widget(request: Request) -> Response:
    """The widget as it is now; browsers ask again each time whether it changed."""
    return _script(request, _REVALIDATE)


@router.get("/widget-{version:str}.js")
async def fixed_widget(version: str, request: Request) -> Response:
    """The widget of exactly this version, for tags with `integrity`; 404 once there is a newer one."""
    if version != widget().version:
        raise HTTPException(404)
    return _script(request, _FOREVER)


@router.get("/chat/")
async def chat_with_a_slash() -> Response:
    """To the page without it, where its links hold; named from here, because only the proxy knows scheme and host."""
    return RedirectResponse("../chat", 308)


def _page_route(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        # A door may have something to prove in the head of the first page.
        in_head = getattr(request.app.state, "in_head", "") if name == "index.html" else ""
        return send(_page(name, in_head), request)

    return page


def tag(host: str) -> str:
    """The script tag of exactly this version, for a page on another site. `host` is where this app is served."""
    found = widget()
    source = f"{host.rstrip('/')}/widget-{found.version}.js"
    return f'<script src="{source}" integrity="{found.integrity}" crossorigin="anonymous" async></script>'


for _path, _name in _PAGES.items():
    router.get(_path)(_page_route(_name))

if __name__ == "__main__":
    sys.stdout.write(tag(sys.argv[1] if len(sys.argv) > 1 else "https://HOST") + "\n")
