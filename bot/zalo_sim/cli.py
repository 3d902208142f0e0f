"""The simulator from the command line."""

from __future__ import annotations

import argparse
import contextlib
import logging
import re
import socket
import sys
from collections.abc import Sequence

import uvicorn

from bot.zalo_sim.app import create_app
from bot.zalo_sim.clock import Clock
from bot.zalo_sim.wire import Credentials
from bot.zalo_sim.world import World

_WELCOME = """Zalo giả lập: {url}   (Ctrl-C để dừng)

Ghi các dòng sau vào tệp .env của trợ lý rồi chạy: {run}
ZALO_APP_ID={app_id}
ZALO_APP_SECRET={app_secret}
ZALO_OA_ID={oa_id}
ZALO_OA_SECRET={oa_secret}
ZALO_WEBHOOK_MODE=enforce
ZALO_PUBLIC_URL={bot}
ZALO_API_URL={url}
ZALO_OAUTH_URL={url}
ADMIN_TOKEN=   (mật khẩu tự đặt, từ 16 ký tự)

Sau đó mở {url} và làm theo mục "Nối với trợ lý". Cách làm từng bước: docs/zalo.md"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped: 0, or 1 if the port is taken."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.zalo_sim",
        description="Zalo giả lập: thử trợ lý khi chưa có tài khoản Zalo. Chỉ máy này vào được; tắt là quên hết.",
    )
    parser.add_argument("--port", type=int, default=8100, help="cổng (8100)")
    parser.add_argument("--bot", default="http://127.0.0.1:8000", help="địa chỉ của trợ lý (http://127.0.0.1:8000)")
    parser.add_argument("--speed", type=_speed, default=Clock(), metavar="LẦN", help="đồng hồ chạy nhanh mấy lần (1)")
    options = parser.parse_args(arguments)
    try:
        listening = socket.create_server(("127.0.0.1", options.port))
    except (OSError, OverflowError) as error:
        print(f"Lỗi: không mở được cổng {options.port}: {error}. Chọn cổng khác bằng --port", file=sys.stderr)
        return 1
    keys, bot = Credentials(), options.bot.rstrip("/")
    world = World(keys, options.speed)
    world.callback_url = f"{bot}/zalo/oauth/callback"
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    print(
        _WELCOME.format(
            url=url,
            bot=bot,
            run=_run_command(bot),
            app_id=keys.app_id,
            app_secret=keys.app_secret,
            oa_id=keys.oa_id,
            oa_secret=keys.oa_secret,
        ),
        flush=True,
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app = create_app(world, automatic=True)
    config = uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=1)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run([listening])
    return 0


def _run_command(bot: str) -> str:
    port = re.search(r":(\d+)$", bot)
    return f"make run PORT={port[1]}" if port and port[1] != "8000" else "make run"


def _speed(text: str) -> Clock:
    try:
        return Clock(float(text))
    except ValueError:
        raise argparse.ArgumentTypeError("cần một số từ 0 đến 100000") from None
