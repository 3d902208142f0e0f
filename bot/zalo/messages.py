"""The bot's answer as messages of Zalo's v3 API: limited parts, sources beside their quotes, buttons last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from actions.phrases import Phrases
from actions.render import spoken_date
from bot.schemas import Button, MessageOut
from bot.zalo.text import pieces, plain, shortened
from retrieval.records import Citation
from retrieval.text import strip_diacritics, words

MAX_BUTTONS = 5
MAX_PARTS = 6  # with the notices, fewer than the eight replies that Zalo allowed for one message
_MAX_TITLE = 100
_MAX_PAYLOAD = 1000
_NUMBER_ROOM = len("(9/9) ")
_REFERENCE = re.compile(r"\[(\d+)\]")
_PHONE = re.compile(r"tel:(\+?[\d ]{3,20})")


def compose(answer: Sequence[MessageOut], phrases: Phrases, limit: int) -> list[dict[str, Any]]:
    """The message objects for one turn, each text at most `limit` code points. At least one if the answer has text."""
    messages: list[dict[str, Any]] = []
    for message in answer:
        texts = _numbered(_parts(message, phrases, limit - _NUMBER_ROOM))
        messages.extend({"text": text} for text in texts)
        if texts and message.buttons:
            messages[-1] = with_buttons(messages[-1]["text"], message.buttons)
    return messages


def with_buttons(text: str, buttons: Sequence[Button]) -> dict[str, Any]:
    """One message with quick replies: what a button sends is shown as if the person had typed it."""
    shown = [made for button in buttons if (made := _button(button))][:MAX_BUTTONS]
    if not shown:
        return {"text": text}
    return {"text": text, "attachment": {"type": "template", "payload": {"buttons": shown}}}


def without_buttons(message: dict[str, Any], limit: int) -> dict[str, Any]:
    """The same message where Zalo does not take the buttons: titles that fit become lines that people can type."""
    text = message["text"]
    for button in message["attachment"]["payload"]["buttons"]:
        line = f"\n- {button['title']}"
        if len(text) + len(line) <= limit:
            text += line
    return {"text": text}


def _button(button: Button) -> dict[str, Any] | None:
    title, payload = shortened(plain(button.title), _MAX_TITLE), button.payload.strip()
    phone = _PHONE.fullmatch(payload)
    if phone:
        return {"title": title, "type": "oa.open.phone", "payload": {"phone_code": phone[1].replace(" ", "")}}
    if re.match(r"https?://", payload):
        return {"title": title, "type": "oa.open.url", "payload": {"url": payload}}
    if not title or not 0 < len(payload) <= _MAX_PAYLOAD:
        return None
    return {"title": title, "type": "oa.query.show", "payload": payload}


def _numbered(texts: list[str]) -> list[str]:
    if len(texts) <= 2:
        return texts
    return [f"({n}/{len(texts)}) {text}" for n, text in enumerate(texts, 1)]


def _parts(message: MessageOut, phrases: Phrases, limit: int) -> list[str]:
    """The texts of one message. A source stands in the first part that quotes it if it fits there, else at the end."""
    title = phrases["utter_sources_title"].text + ":"
    lines = {citation.n: _source(citation, phrases, limit - len(title) - 1) for citation in message.citations}
    pages = _Pages(lines, title, limit)
    for separator, piece in pieces(plain(message.text), limit):
        pages.add(separator, piece)
    texts = pages.texts()
    if len(texts) <= MAX_PARTS:
        return texts
    more = phrases["utter_zalo_more"].text
    return _cut(texts, more, limit)


def _cut(texts: list[str], more: str, limit: int) -> list[str]:
    """The first parts, and a word that there was more. Nothing is cut inside of a part, so no quote loses its end."""
    kept = texts[:MAX_PARTS]
    if len(kept[-1]) + 1 + len(more) > limit:
        kept = kept[:-1]
        kept.append(more)
        return kept
    kept[-1] = f"{kept[-1]}\n{more}"
    return kept


class _Pages:
    """Fills parts one after the other."""

    def __init__(self, lines: dict[int, str], title: str, limit: int) -> None:
        self._left, self._title, self._limit = dict(lines), title, limit
        self._done: list[str] = []
        self._text, self._sources = "", list[str]()

    def add(self, separator: str, piece: str) -> None:
        """Add a piece to the part at hand if it fits with its sources, else begin a new part with it."""
        text = f"{self._text}{separator}{piece}" if self._text else piece
        quoted = self._quoted(piece)
        together = self._room_for([self._left[n] for n in quoted], text)
        if together:
            self._take(text, quoted)
            return
        if self._text:
            self._close()
            self.add("", piece)
            return
        self._take(piece, [])  # alone it fits, with its sources it does not: they go to the end

    def texts(self) -> list[str]:
        """All parts, with the sources that are left in the last one or after it."""
        for n, line in list(self._left.items()):
            if not self._room_for([line], self._text):
                self._close()
            self._sources.append(line)
            del self._left[n]
        self._close()
        return self._done

    def _quoted(self, piece: str) -> list[int]:
        named = dict.fromkeys(int(found) for found in _REFERENCE.findall(piece) if len(found) < 6)
        return [n for n in named if n in self._left]

    def _take(self, text: str, quoted: list[int]) -> None:
        self._text = text
        self._sources += [self._left.pop(n) for n in quoted]

    def _room_for(self, more: list[str], text: str) -> bool:
        return len(self._whole(text, [*self._sources, *more])) <= self._limit

    def _whole(self, text: str, sources: list[str]) -> str:
        return "\n".join([*([text.strip("\n")] if text else []), *([self._title, *sources] if sources else [])])

    def _close(self) -> None:
        whole = self._whole(self._text, self._sources)
        if whole.strip():
            self._done.append(whole)
        self._text, self._sources = "", []


def _source(citation: Citation, phrases: Phrases, limit: int) -> str:
    """One line: it is never split, so a title too long is shortened and the address kept."""
    issued = spoken_date(citation.issued) if citation.issued else phrases["utter_unknown_date"].text
    named = [citation.title, citation.number, citation.section, citation.issuer, issued]
    text = plain(" · ".join(part for part in named if part)).replace("\n", " ")
    start, url = f"[{citation.n}] ", f" · {citation.url}" if citation.url else ""
    room = limit - len(start) - len(url)
    if room < min(len(text), limit // 4):
        return start + shortened(text, limit - len(start))
    return start + shortened(text, room) + url


def commands(phrases: Phrases, names: Sequence[str]) -> dict[str, str]:
    """What the menu of the Official Account may send: `#nop-ho-so-qua-mang` for the button "Nộp hồ sơ qua mạng"."""
    return dict(_commands(phrases, names))


def _commands(phrases: Phrases, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        for button in phrases[name].buttons:
            yield command_name(button["title"]), button["payload"]


def command_name(title: str) -> str:
    """`#` and the words of a title without diacritics."""
    return "#" + "-".join(words(strip_diacritics(plain(title))))
