"""`python -m tests.benchmarks.screens`: pictures of the widget in six states, as wide as a small phone.

They come from the stand-in server, so that they are the same every time but for the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.settings import ROOT
from tests.bot.web_stand_in import Stand, served
from tests.e2e.web_states import STATES
from tests.e2e.web_support import Page, chromium, fresh

FOLDER = ROOT / "docs" / "screens"


def _large(page: Page) -> None:
    page.one(".large").click()


def _dark(page: Page) -> None:
    page.media(prefers_color_scheme="dark")


def _as_is(page: Page) -> None:
    pass


SHOTS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "xa-binh-minh": ("launcher", _as_is),
    "loi-chao": ("panel", _as_is),
    "cau-tra-loi": ("answer", _as_is),
    "nguon": ("source", _as_is),
    "khan-cap-chu-to": ("urgent", _large),
    "cho-gui-lai-nen-toi": ("trouble", _dark),
}


def main(folder: Path = FOLDER) -> None:
    """Write one PNG for each state."""
    folder.mkdir(parents=True, exist_ok=True)
    with served(Stand()) as stand, chromium() as driver:
        for name, (state, change) in SHOTS.items():
            stand.reset()
            page = fresh(driver, stand.url)
            STATES[state](page, stand)
            change(page)
            page.js("document.activeElement.blur()")
            driver.save_screenshot(str(folder / f"{name}.png"))
            print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
