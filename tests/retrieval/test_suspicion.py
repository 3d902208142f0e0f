"""Words beside which an intent may refuse or alarm, and questions of honest people that have none of them."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT
from retrieval.guard import check
from retrieval.suspicion import may_be_unsafe, tells_of_loss
from retrieval.text import strip_diacritics

HONEST = [
    "người già làm căn cước ở đâu",
    "làm khai tử cho người già",
    "miễn thuế đất cho người già",
    "tiền tử tuất khi chồng chết",
    "mua bán đất giấy tay",
    "bán miếng ruộng cho hàng xóm, ra xã ký hợp đồng mua bán được không",
    "hàng xóm lấn đất hòa giải không xong, làm đơn kiện ra tòa ra sao",
    "làm giấy báo tử xong có cần đi xóa khẩu không",
    "công ty làm ăn thua lỗ muốn đóng cửa luôn",
    "lãnh lương hưu ngân hàng giờ muốn lấy tiền mặt",
    "chồng tôi chết rồi làm sao",
    "xin trồng cam trên đất hai lúa có mất tiền không",
    "đất lúa hết thời hạn 20 năm",
    "con trai tôi mất lúc dập lửa",
    "thẻ nhận lương hưu bị khóa muốn đổi qua ngân hàng khác",
]


def _examples(file: str, intent: str) -> list[str]:
    groups = yaml.safe_load((ROOT / "data" / "nlu" / f"{file}.yml").read_text(encoding="utf-8"))["nlu"]
    (text,) = [group["examples"] for group in groups if group.get("intent") == intent]
    return [line[2:].strip() for line in text.splitlines()]


@pytest.mark.parametrize("question", HONEST)
@pytest.mark.parametrize("typed", [str, strip_diacritics])
def test_honest_people_use_none_of_these_words(question: str, typed: type[str]) -> None:
    assert not may_be_unsafe(typed(question))
    assert not tells_of_loss(typed(question))


def test_every_example_of_an_unsafe_request_has_such_a_word() -> None:
    examples = _examples("free", "unsafe_request")
    assert len(examples) > 100
    assert [each for each in examples if not may_be_unsafe(each) and check(each) is None] == []


def test_every_example_of_a_victim_has_such_a_word() -> None:
    examples = _examples("safety", "scam_victim")
    assert len(examples) > 40
    assert [each for each in examples if not tells_of_loss(each) and check(each) is None] == []


@given(st.text())
def test_any_text_is_looked_at(text: str) -> None:
    assert may_be_unsafe(text) in (True, False)
    assert tells_of_loss(text) in (True, False)
