"""Old communes and districts that a question names: what they became, and the question without them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from retrieval.communes import (
    CommuneMention,
    DistrictMention,
    NewCommune,
    OldCommune,
    OldDistrict,
    find_communes,
    find_districts,
    new_communes,
)
from retrieval.places import with_type
from retrieval.question import Question
from retrieval.records import Note
from retrieval.text import has_diacritics, strip_diacritics

# What is said of a place and nothing else: "giờ thuộc xã nào", "sáp nhập vào đâu".
_OF_PLACES = frozenset(
    "thuoc xa phuong thi tran tinh thanh pho huyen quan dac khu gio nay hien sap nhap gop doi ten moi cu nha que dia "
    "chi uy ban nhan dan vao sang tach chia goi don vi hanh chinh ay hoi xua dang bi thanh lap lai nguoi cho song "
    "sinh cap tru so lien he tim den day o chu bay chuyen bo con mang".split()
)
_WHICH = re.compile(
    r"\b(?:là|thuộc|thành|gọi|tên|nhập|vào|vô|về|trong)\b(?: \w+){0,2} (?:xã|phường|đặc khu|tỉnh|nơi) "
    r"(?:nào|gì|chi|mô)\b[^\w]*+(?:\w++[^\w]*+){0,4}$"
    r"|\b(?:thuộc|nhập|gộp)(?: vào| vô| về)? (?:đâu|mô)\b[^\w]*+(?:\w++[^\w]*+){0,4}$"
)
_WHICH_BARE = re.compile(strip_diacritics(_WHICH.pattern))
_MOST_NAMED = 12
_MOST_CHOICES = 6

Mention = CommuneMention | DistrictMention


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Old places in a text, and the text without them. `unclear`: those of which several can be meant."""

    mentions: tuple[Mention, ...]
    rest: str

    @property
    def unclear(self) -> tuple[Mention, ...]:
        """Names that several old places bore, where the text does not tell which."""
        return tuple(mention for mention in self.mentions if len(mention.olds) > 1)


def provinces_of(mentions: Sequence[Mention]) -> tuple[str, ...]:
    """The old provinces of places that are clear, each once."""
    return tuple(dict.fromkeys(mention.olds[0].province for mention in mentions if len(mention.olds) == 1))


def whereabouts(typed: str) -> Whereabouts:
    """Read the old communes and districts in what was typed. RetrievalError if their table cannot be read."""
    mentions: list[Mention] = [mention for mention in find_communes(typed) if mention.olds]
    mentions += find_districts(typed)
    mentions.sort(key=lambda mention: mention.span)
    rest = typed
    for mention in reversed(mentions):
        rest = f"{rest[: mention.span[0]]} {rest[mention.span[1] :]}"
    return Whereabouts(tuple(mentions), " ".join(rest.split()))


def asks_place_only(rest: Question) -> bool:
    """Whether a question, its old places left out, asks for nothing but what became of them."""
    marked = has_diacritics(rest.typed)
    text = rest.expanded.lower()
    if _WHICH.search(text) if marked else _WHICH_BARE.search(strip_diacritics(text)):
        return True
    return all(strip_diacritics(term) in _OF_PLACES for term in rest.content)


def notes_of(mentions: Sequence[Mention]) -> Iterator[Note]:
    """What became of each place that is clear, and which names are not."""
    for mention in mentions:
        if len(mention.olds) > 1:
            yield Note("namesakes", (("said", mention.said),))
            continue
        news = new_communes(_as_old(mention))
        old = _old_name(mention)
        if isinstance(mention, DistrictMention):
            yield Note("old_district", (("old", old), ("new", _listed(news))))
        elif len(news) == 1:
            yield Note("new_commune", (("old", old), ("new", _listed(news))))
        else:
            yield Note("split_commune", (("old", old), ("new", _listed(news))))


def _as_old(mention: Mention) -> Mention:
    """A mention whose one meaning is sure: what another of today bears the name of is not asked."""
    if isinstance(mention, CommuneMention) and mention.district is None:
        return replace(mention, district=mention.olds[0].district)
    return mention


def choices_of(mention: Mention, rest: str) -> tuple[str, ...]:
    """The question about each place that an unclear name can mean; nothing if they are too many to choose from."""
    rest = re.sub(r"^(?:và\b|[\s,.;:])+", "", rest)
    places = [_full_name(old) for old in mention.olds]
    return tuple(f"{place} {rest}".strip() for place in places) if len(places) <= _MOST_CHOICES else ()


def _old_name(mention: Mention) -> str:
    (old,) = mention.olds
    if isinstance(mention, CommuneMention) and mention.district:  # as it is said: borders had moved before, too
        return f"{old.name}, {mention.district}, {with_type(old.province)}"
    return _full_name(old)


def _full_name(old: OldCommune | OldDistrict) -> str:
    places = (old.name, old.district) if isinstance(old, OldCommune) else (old.name,)
    return ", ".join((*places, with_type(old.province)))


def _listed(news: Sequence[NewCommune]) -> str:
    """ "Xã A, Xã B (tỉnh C)": each province once."""
    provinces = dict.fromkeys(new.province for new in news)
    parts = []
    for province in provinces:
        names = [new.name for new in news if new.province == province]
        more = " …" if len(names) > _MOST_NAMED else ""
        parts.append(f"{', '.join(names[:_MOST_NAMED])}{more} ({with_type(province)})")
    return "; ".join(parts)
