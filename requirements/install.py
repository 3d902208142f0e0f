"""Set up the two environments: .venv/app (Python 3.11) and .venv/rasa (Python 3.10). Standard library only.

    python3 requirements/install.py [--dev]

Nothing is done again while the requirement files are unchanged. Why there are two: docs/decisions/0001.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
APP, RASA = ROOT / ".venv" / "app", ROOT / ".venv" / "rasa"
APP_PYTHON, RASA_PYTHON = "3.11", "3.10"
HEARTBEAT_S = 5


def main() -> int:
    """Install what is missing. 0 done, 1 failed (the end of the log is shown)."""
    parser = argparse.ArgumentParser(description="Cài hai môi trường của trợ lý vào thư mục .venv")
    parser.add_argument("--dev", action="store_true", help="thêm công cụ kiểm thử và kiểm tra mã")
    dev = parser.parse_args().dev
    try:
        _setup_app(dev)
        _setup_rasa()
    except subprocess.CalledProcessError as error:
        print(f"Lỗi: lệnh thất bại (mã {error.returncode}): {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    except (OSError, RuntimeError) as error:
        print(f"Lỗi: {error}", file=sys.stderr)
        return 1
    return 0


def _setup_app(dev: bool) -> None:
    wanted = ["app.txt", "app-constraints.txt"]
    stamp = APP / "installed"
    if not _same(stamp, wanted):
        if not _works(APP / "bin" / "python"):
            shutil.rmtree(APP, ignore_errors=True)
            _step("Tạo môi trường ứng dụng (Python 3.11)", [_python(APP_PYTHON), "-m", "venv", str(APP)])
        _step("Cài thư viện của ứng dụng (vài phút ở lần đầu)", [*_pip(), "-r", str(HERE / "app.txt")])
        _mark(stamp, wanted)
    stamp = APP / "installed-dev"
    if dev and not _same(stamp, [*wanted, "dev.txt"]):
        _step("Cài công cụ kiểm thử", [*_pip(), "-r", str(HERE / "dev.txt")])
        _mark(stamp, [*wanted, "dev.txt"])


def _setup_rasa() -> None:
    wanted = ["rasa.txt", "rasa-constraints.txt"]
    stamp = RASA / "installed"
    if _same(stamp, wanted):
        return
    uv = str(APP / "bin" / "uv")
    python = RASA / "bin" / "python"
    if not _works(python):
        shutil.rmtree(RASA, ignore_errors=True)
        _step("Tạo môi trường Rasa (Python 3.10)", [uv, "venv", "--python", RASA_PYTHON, str(RASA)])
    constraints = ["-c", str(HERE / "rasa-constraints.txt")]
    _step(
        "Cài Rasa 3.6 (khoảng 2,5 GB)",
        [uv, "pip", "install", "--python", str(python), *constraints, "-r", str(HERE / "rasa.txt")],
    )
    _mark(stamp, wanted)


def _pip() -> list[str]:
    # pip, not uv: pip also looks where the machine's pip configuration points, and finds a CPU build of torch there.
    constraints = ["-c", str(HERE / "app-constraints.txt")]
    return [str(APP / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", *constraints]


def _python(version: str) -> str:
    """A Python of this version: on the path, of pyenv, or the one running now."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    on_path = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [on_path, *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")), reverse=True)]
    for candidate in candidates:
        if candidate and _works(Path(candidate)):
            return candidate
    raise RuntimeError(f"Không tìm thấy Python {version}. Hãy cài Python {version} rồi chạy lại.")


def _works(python: Path) -> bool:
    try:
        return subprocess.run([python, "-c", "import ssl, ensurepip"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _fingerprint(names: list[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update((HERE / name).read_bytes() + b"\0")
    return digest.hexdigest()


def _same(stamp: Path, names: list[str]) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _fingerprint(names)


def _mark(stamp: Path, names: list[str]) -> None:
    stamp.write_text(_fingerprint(names), encoding="utf-8")


def _step(title: str, command: list[str]) -> None:
    """Run a command, telling every few seconds what it is at; its output is shown only if it fails."""
    print(f"{title}…", flush=True)
    log = ROOT / ".venv" / "install.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        while True:
            try:
                code = process.wait(HEARTBEAT_S)
                break
            except subprocess.TimeoutExpired:
                print(f"  … {time.monotonic() - started:.0f} giây: {_last_line(log)}", flush=True)
            except KeyboardInterrupt:
                process.terminate()
                raise
    if code != 0:
        print(log.read_text(encoding="utf-8", errors="replace")[-4000:], file=sys.stderr)
        raise subprocess.CalledProcessError(code, command)
    print(f"  xong sau {time.monotonic() - started:.0f} giây", flush=True)


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:90] if lines else ""


if __name__ == "__main__":
    sys.exit(main())
