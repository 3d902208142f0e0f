"""`python -m tests.bot.stand_in_bot PLAN`: the real supervisor, with tiny children in the place of the app and of Rasa.

PLAN is JSON: `port`, `rasa_port`, `state_folder`; `app` and `rasa`, the Python code of each child; `restart_wait_s`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from bot import supervisor
from bot.settings import Settings


def main() -> int:
    """Run until told to stop."""
    plan = json.loads(sys.argv[1])
    supervisor._STOP_LIMIT_S = 1
    supervisor._RESTART_WAIT_S = tuple(plan["restart_wait_s"])
    settings = Settings(port=plan["port"], rasa_port=plan["rasa_port"], state_folder=Path(plan["state_folder"]))
    bot = supervisor.Supervisor(settings)
    bot.app.command = [sys.executable, "-c", plan["app"]]
    bot.rasa.command = [sys.executable, "-c", plan["rasa"]]
    return asyncio.run(bot.run())


if __name__ == "__main__":
    raise SystemExit(main())
