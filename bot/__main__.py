"""`python -m bot`: prepare, run, shell."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence

from bot.settings import ROOT, Settings, SettingsError, load_settings
from bot.zalo.settings import ZaloSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 something is missing or failed, 2 a wrong setting."""
    names = Settings.model_fields | ZaloSettings.model_fields
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Trợ lý Chuyển đổi số: chuẩn bị, chạy, và trò chuyện thử.",
        epilog=f"Cài đặt (biến môi trường hoặc tệp .env): {', '.join(name.upper() for name in names)}",
    )
    commands = parser.add_subparsers(required=True, metavar="LỆNH")
    for name, run, text in (
        ("prepare", _prepare, "tạo mô hình mã hóa, chỉ mục và mô hình Rasa nếu đầu vào đã đổi"),
        ("embedder", _embedder, "tạo mô hình mã hóa nếu chưa có"),
        (
            "index",
            _index,
            "tạo chỉ mục nếu tài liệu đã đổi; thêm nguồn bằng --source, gỡ bằng --remove, xem thử bằng --dry-run",
        ),
        ("train", _train, "huấn luyện Rasa nếu dữ liệu đã đổi"),
        ("run", _run, "chạy ứng dụng và Rasa"),
        ("shell", _shell, "trò chuyện trong cửa sổ lệnh với trợ lý đang chạy"),
    ):
        commands.add_parser(name, help=text, description=text).set_defaults(run=run)
    options, more = parser.parse_known_args(arguments)
    if more and options.run is not _index:
        parser.error(f"không hiểu: {' '.join(more)}")
    os.chdir(ROOT)
    try:
        return int(options.run(*more))
    except SettingsError as error:
        print(f"Lỗi: {error}", file=sys.stderr)
        return 2


def _prepare() -> int:
    from bot import prepare

    settings = load_settings()
    return prepare.prepare(settings.index_folder, settings.state_folder)


def _embedder() -> int:
    from bot import prepare

    return prepare.make_embedder()


def _index(*arguments: str) -> int:
    """What follows the command is told to `retrieval index`: --source, --remove, --dry-run, --confirm."""
    from bot import prepare

    settings = load_settings()
    return prepare.make_index(settings.index_folder, settings.state_folder, arguments)


def _train() -> int:
    from bot import prepare

    return prepare.train()


def _run() -> int:
    from bot.supervisor import SupervisorError, supervise

    try:
        return asyncio.run(supervise(load_settings()))
    except SupervisorError as error:
        print(f"Lỗi: {error}", file=sys.stderr)
        return 1


def _shell() -> int:
    """`rasa shell` in Rasa's own environment, its actions answered by the running app."""
    import httpx

    from bot.supervisor import RASA_MODEL, RASA_PYTHON, child_environment, free_port

    settings = load_settings()
    run_file = ROOT / settings.state_folder / "run.json"
    try:
        record = json.loads(run_file.read_text(encoding="utf-8"))
        httpx.get(record["app_url"] + "/healthz", timeout=5, trust_env=False).raise_for_status()
    except (OSError, ValueError, KeyError, httpx.HTTPError):  # a bot that was killed leaves its file behind
        print("Lỗi: trợ lý chưa chạy. Hãy mở cửa sổ khác và chạy: make run", file=sys.stderr)
        return 1
    environment = child_environment(settings) | {
        "ACTION_URL": record["action_url"],
        "ACTION_TOKEN": record["action_token"],
        "TRACKER_URL": "sqlite://",  # what staff try out is not kept
    }
    print("Đang mở cửa sổ trò chuyện (khoảng 20 giây)…", flush=True)
    command = [
        str(RASA_PYTHON), "-m", "rasa", "shell", "--model", str(RASA_MODEL), "--endpoints", "endpoints.yml",
        "--interface", "127.0.0.1", "--port", str(free_port()),
    ]  # fmt: skip
    return subprocess.run(command, env=environment).returncode


raise SystemExit(main())
