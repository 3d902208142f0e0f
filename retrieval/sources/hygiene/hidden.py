"""What is not written for people to read: hidden and encoded text, comments, markup of chats with machines."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from retrieval.sources.hygiene.findings import SHOWN, Kind, Span, short
from retrieval.sources.hygiene.spans import sentence_around
from retrieval.text import lower

# A hidden part that runs longer than this was never closed: nothing is cut by it.
_LONGEST_HIDDEN = 5_000
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
    "]"
)
# A few invisible characters come with any text from the web; a run of them, tags and turned writing do not.
_SUSPICIOUS = re.compile(
    "(?<![\U0001f3f4\U000e0000-\U000e0fff])[\U000e0000-\U000e0fff]+|[\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff]{4,}|[\u202d\u202e]+"
)
_BASE64 = re.compile(
    r"(?<![\w+/=.-])[A-Za-z0-9+/]{40,}+(?:\n[A-Za-z0-9+/]{20,}+)*+(?:\n[A-Za-z0-9+/]{1,76}+(?==))?={0,2}"
)


def hidden(text: str) -> Iterator[Span]:
    """Runs of invisible characters, tags among them told as the letters that they stand for."""
    for match in _SUSPICIOUS.finditer(text):
        tags = "".join(chr(ord(c) - 0xE0000) for c in match.group() if 0xE0020 <= ord(c) <= 0xE007E)
        words = tags[:SHOWN] or f"{len(match.group())} ký tự"
        yield Span(match.start(), match.end(), Kind.HIDDEN, True, words)


def comments(text: str) -> Iterator[Span]:
    """Comments of HTML."""
    end = 0
    while (start := text.find("<!--", end)) >= 0:
        end = text.find("-->", start, start + _LONGEST_HIDDEN)
        if end < 0:
            end = start + 4
            continue
        end += 3
        words = text[start + 4 : end - 3].split()
        # What converters leave behind ("<!-- image -->") is no news to anybody.
        yield Span(start, end, Kind.COMMENT, True, short(" ".join(words)) if len(words) > 3 else "")


def encoded(text: str) -> Iterator[Span]:
    """Text in Base64, and long strings that look like it."""
    for match in _BASE64.finditer(text):
        blob = match.group().replace("\n", "")
        said = _decoded(blob)
        mixed = all(re.search(kind, blob) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
        if said or (mixed and len(blob) >= 100 and blob.count("/") < len(blob) / 20):
            yield Span(match.start(), match.end(), Kind.ENCODED, True, short(said or blob[:20] + "…"))


def _decoded(blob: str) -> str:
    try:
        said = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return said if all(c.isprintable() or c.isspace() for c in said) else ""


# --- chats with machines ---

_PAIRS = (
    ("<|im_start|>", "<|im_end|>"),
    ("<<sys>>", "<</sys>>"),
    ("<start_of_turn>", "<end_of_turn>"),
    ("[inst]", "[/inst]"),
)
_MARKUP = re.compile(
    r"<\|[a-z_]{2,20}\|>|\[ ?/? ?i ?n ?s ?t ?\]|<</?sys>>|</?(?:start|end)_of_turn>|</?(?:system|assistant)>"
    r"|^ {0,3}### ?(?:instruction|response|system|assistant|human) ?: ?\S.*$"
    r"|^ {0,3}### ?(?:instruction *|(?:instruction|response|system|assistant|human) ?: *)$(?:\n.*\S.*$)*",
    re.M,
)
_SAID = r"(?: said| đã nói| nói| trả lời)[^\w\n]{0,9}$"
_MACHINE = rf"^[^\w\n]{{0,9}}(?:chatgpt|gemini|copilot|claude|bard|deepseek){_SAID}"
_LEFT_BEHIND = re.compile(
    rf"{_MACHINE}|contentreference\[oaicite|\bturn\d+(?:search|view)\d+\b|[?&]utm_source=chatgpt\.com", re.M
)
_MACHINE_LINE = re.compile(_MACHINE, re.M)
_PERSON_LINE = re.compile(rf"^[^\w\n]{{0,9}}(?:you|bạn){_SAID}", re.M)
_HEADING = re.compile(r"^(#{1,6}) .*$", re.M)


def conversation(text: str) -> Iterator[Span]:
    """A chat with a machine that was pasted into a text, both speakers named: its section, or all from there on."""
    low = lower(text)
    labels = sorted(match.start() for line in (_MACHINE_LINE, _PERSON_LINE) for match in line.finditer(low))
    if not (labels and _MACHINE_LINE.search(low) and _PERSON_LINE.search(low)):
        return
    headings = [(match.start(), len(match[1])) for match in _HEADING.finditer(text)]
    above = [heading for heading in headings if heading[0] < labels[0]]
    start, level = above[-1] if len(above) > 1 and above[-1][1] >= above[0][1] else (labels[0], 0)
    end = next((at for at, depth in headings if at > labels[-1] and depth <= level), len(text))
    yield Span(start, end, Kind.CONVERSATION, True, short(text[start:end]))


def chat_markup(text: str) -> Iterator[Span]:
    """Markup of chats with machines with its sentences, and what chats leave behind in a text."""
    low = lower(text)
    taken = 0
    for match in _MARKUP.finditer(low):
        if match.start() < taken:
            continue
        start, taken = sentence_around(text, match.start(), match.end())
        closing = next((close for opening, close in _PAIRS if match.group() == opening), None)
        if closing and (at := low.find(closing, match.end(), match.end() + _LONGEST_HIDDEN)) >= 0:
            taken = sentence_around(text, at, at + len(closing))[1]
        yield Span(start, taken, Kind.CHAT_MARKUP, True, short(text[start:taken]))
    for match in _LEFT_BEHIND.finditer(low):
        start, end = sentence_around(text, match.start(), match.end())
        yield Span(start, end, Kind.MACHINE_TEXT, False, short(text[start:end]))
