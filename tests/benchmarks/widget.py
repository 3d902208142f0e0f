"""`python -m tests.benchmarks.widget`: its size, what axe-core finds, and how soon a cheap phone can use it."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from selenium import webdriver

from bot import pages
from tests.bot.web_stand_in import Stand, served
from tests.e2e.web_states import STATES
from tests.e2e.web_support import Page, chromium, fresh

RUNS = 5
# A cheap phone on a weak network: a processor six times slower than this one, 1.6 Mbit/s, 150 ms there and back.
CPU_SLOWDOWN = 6
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
LOOKS: dict[str, Callable[[Page], None]] = {
    "light": lambda page: None,
    "dark": lambda page: page.media(prefers_color_scheme="dark"),
    "320 px": lambda page: page.size(320, 568),
    "400 % zoom": lambda page: page.size(320, 256, mobile=False),
    "forced colours": lambda page: page.media(forced_colors="active"),
}
# Notes when the thing appears that a person waits for, and every task that holds the page up for more than 50 ms.
_WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push([task.startTime, task.startTime + task.duration]);
}).observe({ type: 'longtask', buffered: true });
(function look() {
  const root = document.querySelector('tro-ly-so')?.shadowRoot;
  if (root?.querySelector('%s')) window.usable = performance.now();
  else requestAnimationFrame(look);
})();
"""


def sizes() -> None:
    """Bytes of the one file."""
    widget = pages.widget()
    print("| widget.js | bytes |\n|---|---:|")
    print(f"| as it is | {len(widget.body)} |\n| gzipped | {len(widget.gzipped)} |\n")


def violations(driver: webdriver.Chrome, stand: Stand) -> None:
    """Violations of every axe-core rule, by state and by look."""
    print(f"| axe-core violations | {' | '.join(LOOKS)} |\n|---|{'---:|' * len(LOOKS)}")
    for name, state in STATES.items():
        counts = []
        for look in LOOKS.values():
            stand.reset()
            page = fresh(driver, stand.url)
            look(page)
            state(page, stand)
            counts.append(len(page.axe()))
            stand.open_gate.set()
        print(f"| {name} | {' | '.join(map(str, counts))} |")


def interactive_ms(driver: webdriver.Chrome, stand: Stand, path: str, selector: str, *, cached: bool) -> float:
    """Milliseconds from the start of navigation until `selector` is there and no long task is under way."""
    page = fresh(driver, stand.url)
    page.cdp("Network.setCacheDisabled", cacheDisabled=not cached)
    if cached:
        driver.get(stand.url + path)
        page.wait(lambda: page.shown(selector))
        driver.get("about:blank")
    script = page.cdp("Page.addScriptToEvaluateOnNewDocument", source=_WATCH % selector)
    page.cdp("Emulation.setCPUThrottlingRate", rate=CPU_SLOWDOWN)
    page.cdp("Network.emulateNetworkConditions", **NETWORK)
    try:
        driver.get(stand.url + path)
        page.wait(lambda: page.js("return window.usable"))
        usable, tasks = page.js("return [window.usable, window.longTasks]")
        return float(max([usable, *(end for start, end in tasks if start <= usable)]))
    finally:
        page.cdp("Emulation.setCPUThrottlingRate", rate=1)
        page.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])
        page.network(offline=False)


def readiness(driver: webdriver.Chrome, stand: Stand) -> None:
    """Medians of `RUNS` on the slow profile."""
    print(f"\n| ms until usable, median of {RUNS} (slowest) | first visit | seen before |\n|---|---:|---:|")
    for what, path, selector in (
        ("launcher on the page of the commune", "/", ".launcher"),
        ("greeting with suggestions on /chat", "/chat", ".reply"),
    ):
        cells = []
        for cached in (False, True):
            times = [interactive_ms(driver, stand, path, selector, cached=cached) for _ in range(RUNS)]
            cells.append(f"{median(times):.0f} ({max(times):.0f})")
        print(f"| {what} | {' | '.join(cells)} |")


def main() -> None:
    """Print the tables."""
    sizes()
    with served(Stand()) as stand, chromium() as driver:
        violations(driver, stand)
        readiness(driver, stand)


if __name__ == "__main__":
    main()
