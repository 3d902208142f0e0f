"""docs/zalo.md says what the code does."""

from __future__ import annotations

import re

import pytest

from bot.zalo import alarms, errors, router
from bot.zalo.settings import ZaloSettings
from bot.zalo_sim import wire
from bot.zalo_sim.tokens import REFRESH_SPENT, WRONG_REDIRECT
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "zalo.md").read_text(encoding="utf-8")
SETTINGS = {name.upper() for name in ZaloSettings.model_fields}


def section(number: int) -> str:
    return GUIDE.split(f"\n## {number}. ")[1].split("\n## ")[0]


def test_every_setting_is_named_and_every_name_is_a_setting() -> None:
    named = set(re.findall(r"\b(?:ZALO|ADMIN)_[A-Z_]*[A-Z]\b", GUIDE)) - {"ZALO_SIM"}
    assert named == SETTINGS


def test_every_alarm_has_its_row() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", section(7), re.MULTILINE)) == set(alarms.ADVICE)


def test_every_error_code_has_its_meaning() -> None:
    told = {int(code) for code in re.findall(r"`(-\d+)`", section(8))}
    assert told == {code for codes in errors._CODES.values() for code in codes} | {WRONG_REDIRECT, REFRESH_SPENT}


def test_every_event_that_the_bot_uses_is_in_the_table_of_switches() -> None:
    table = section(6)
    assert [
        name for name in (*wire.SUBSCRIBED, *wire.UNSUBSCRIBED) if name not in table and "oa_send" not in name
    ] == []


@pytest.mark.parametrize("path", ["/zalo/webhook", "/zalo/oauth/callback", "/zalo/status", "/zalo_verifier{code}.html"])
def test_the_addresses_of_the_guide_are_those_of_the_door(path: str) -> None:
    assert path in {getattr(route, "path", "") for route in router.routes}
    assert path.replace("{code}", "<MÃ>") in GUIDE
