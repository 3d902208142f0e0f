"""`make knowledge`: is what ships right, by document, by day and by place?

    python -m tests.benchmarks.knowledge [--output results] [--sets facts,time,places,citizens]

- facts: every sure fact of the fact sheet that documents rest on, and the questions on the five articles: does the
  right document come first?
- time: 30 questions, each asked on four days: which instrument is cited first, and how is it labelled?
- places: 60 questions about old and new communes, districts and provinces;
- law: 40 questions on what articles of ../shared/corpora/chinh_sach say: is the right điều and khoản cited?
- citizens: questions to the national portal, over its 2,642 procedures and ours, with and without the ways in which
  people ask (its index takes about 40 minutes, once).

Prints Markdown with every miss, writes knowledge.json and knowledge.md.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from actions.phrases import Phrases
from actions.render import as_message
from retrieval.answer import Answerer
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.index import Index
from retrieval.linter import sends_to_district
from retrieval.readers import read_sources
from retrieval.records import PATH, Answer, Document, Status
from retrieval.text import strip_diacritics
from tests.benchmarks.quality import (
    CITIZENS,
    DOCUMENTS,
    MODEL,
    PROCEDURES,
    ROOT,
    SEED_QUESTIONS,
    Row,
    open_index,
    read_rows,
    right_first,
)

QUESTIONS = ROOT / "data" / "questions"
LAW = ROOT.parent / "shared" / "corpora" / "chinh_sach"
DAYS = ("2024-06-30", "2025-06-30", "2026-06-30", "2026-11-22")
# Which of our documents hold what each of the five articles says.
ARTICLES = {
    "000": ("quang-ninh-nhan-luc-so-2022", "to-cong-nghe-so-cong-dong-quang-ninh-2022"),
    "001": ("ben-tre-nhan-luc-so-2020",),
    "002": ("nam-dinh-nhan-luc-so-2024",),
    "003": ("an-giang-nhan-luc-so-2022",),
    "004": ("quang-ninh-nhan-luc-so-2025",),
}


@dataclass
class Table:
    """Shares by what they are of, and every miss."""

    right: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    misses: list[str] = field(default_factory=list)

    def add(self, of: Sequence[str], good: bool, miss: str) -> None:
        """Count one question under several names."""
        for name in of:
            self.right[name].append(good)
        if not good:
            self.misses.append(miss)

    def shares(self) -> dict[str, float]:
        """The share right of each."""
        return {name: round(sum(found) / len(found), 3) for name, found in self.right.items()}

    def lines(self, title: str) -> Iterator[str]:
        """As Markdown."""
        yield f"\n## {title}\n"
        yield "| | đúng | câu |\n|---|---|---|"
        for name, found in self.right.items():
            yield f"| {name} | {sum(found) / len(found):.3f} | {len(found)} |"
        yield from (f"- {miss}" for miss in self.misses)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Is what ships right?")
    parser.add_argument("--output", type=Path, default=ROOT / "results")
    parser.add_argument("--sets", default="facts,time,places", help=f"of {','.join(SETS)}")
    options = parser.parse_args()
    if not MODEL.is_dir():
        print("Chưa có models/embedder. Hãy chạy: make embedder", file=sys.stderr)
        return 1
    if unknown := set(options.sets.split(",")) - set(SETS):
        parser.error(f"không có {', '.join(sorted(unknown))}; chọn trong {', '.join(SETS)}")
    embedder = SentenceTransformerEmbedder(str(MODEL))
    names = options.sets.split(",")
    tables = {name: OF_OTHERS[name](embedder) for name in names if name in OF_OTHERS}
    if ours := [name for name in names if name in OF_OUR_OWN]:
        index = open_index(embedder, "documents", read_sources(DOCUMENTS).documents)
        tables |= {name: OF_OUR_OWN[name](index, embedder) for name in ours}
    markdown = "\n".join(line for name, table in tables.items() for line in table.lines(name))
    options.output.mkdir(parents=True, exist_ok=True)
    record = {name: {"shares": table.shares(), "misses": table.misses} for name, table in tables.items()}
    (options.output / "knowledge.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", "utf-8")
    (options.output / "knowledge.md").write_text(markdown + "\n", "utf-8")
    print(markdown)
    return 0


def facts(index: Index, embedder: SentenceTransformerEmbedder) -> Table:
    """Whether the right document comes first."""
    table, answerer = Table(), Answerer(index, embedder)
    for row in read_rows(QUESTIONS / "facts.jsonl"):
        answer = answerer.answer(row["question"])
        good = right_first(row, answer)
        table.add(("sự kiện CAO", row["item"]), good, f"{row['id']} {row['question']} → {_shown(answer)}")
    if SEED_QUESTIONS.exists():
        for row in read_rows(SEED_QUESTIONS):
            if row["kind"] not in ("fact", "howto") or not row["source"]:
                continue
            answer = answerer.answer(row["question"])
            good = bool(answer.citations) and answer.citations[0].document_id in ARTICLES[row["source"][:3]]
            table.add(("câu hỏi về năm bài báo",), good, f"{row['id']} {row['question']} → {_shown(answer)}")
    return table


def law(embedder: SentenceTransformerEmbedder) -> Table:
    """Articles of law asked for by content: does the citation name the right article, and the right khoản in it?"""
    table = Table()
    answerer = Answerer(open_index(embedder, "law", read_sources([LAW]).documents), embedder)
    for row in read_rows(QUESTIONS / "law.jsonl"):
        answer = answerer.answer(row["question"])
        half, miss = {"development": "phát triển", "test": "kiểm tra"}[row["set"]], f"{row['id']} {row['question']}"
        if row["kind"] == "unanswerable":
            table.add((f"{half}: không có trong văn bản, từ chối",), not answer.citations, "")
            continue
        cited = [citation for citation in answer.citations if citation.document_id == row["document"]]
        of_article = [each for each in cited if names_article(each.section, row["article"])]
        of_khoan = [each for each in of_article if names_khoan(each.section, row["clauses"])]
        first = list(answer.citations[:1])
        held = any(word in each.quote for each in of_khoan for word in row["words"])
        table.add((f"{half}: đúng điều, nguồn đầu",), bool(first) and of_article[:1] == first, "")
        shown = " | ".join(PATH.join(each.section.split(PATH)[-2:]) for each in answer.citations) or answer.status.value
        table.add(
            (f"{half}: đúng điều và khoản, nguồn đầu",), bool(first) and of_khoan[:1] == first, f"{miss} → {shown}"
        )
        table.add((f"{half}: đúng điều và khoản, một trong các nguồn",), bool(of_khoan), "")
        table.add((f"{half}: và lời trích chứa điều được hỏi",), held, "")
    table.misses = [miss for miss in table.misses if miss]
    return table


def names_article(section: str, article: str) -> bool:
    """Whether the headings of a citation name an article: "Chương I › Điều 15. Tên › khoản 2" names "Điều 15"."""
    return any(re.match(rf"{re.escape(article)}(?!\w)", heading) for heading in section.split(PATH))


def names_khoan(section: str, clauses: Sequence[str]) -> bool:
    """Whether a citation names the khoản of one of the clauses, alone or among two; none are asked for in some."""
    if not clauses:
        return True
    named = [int(number) for number in re.findall(r"khoản (\d+)", section.rsplit(PATH, 1)[-1])]
    wanted = [int(number) for clause in clauses for number in re.findall(r"khoản (\d+)", clause)]
    return bool(named) and named[-1] - named[0] <= 1 and any(named[0] <= number <= named[-1] for number in wanted)


def _shown(answer: Answer) -> str:
    first = answer.citations[0].document_id if answer.citations else "không trích"
    return f"{answer.status.value}/{answer.reason or '-'}: {first}"


def time(index: Index, embedder: SentenceTransformerEmbedder) -> Table:
    """What is cited first on each of four days."""
    table = Table()
    for row in read_rows(QUESTIONS / "time.jsonl"):
        for day in DAYS:
            answer = Answerer(index, embedder, lambda day=day: date.fromisoformat(day)).answer(row["question"])
            wrong = why_wrong_on(row["expect"][day], answer)
            cited = f"{answer.citations[0].number or answer.citations[0].document_id}" if answer.citations else "-"
            miss = f"{row['id']} ({day}) {row['question']} → {cited}: {wrong}"
            table.add(("tất cả", day), wrong is None, miss)
    return table


def why_wrong_on(expected: Row, answer: Answer) -> str | None:
    """What is wrong with an answer given on one day, None if nothing is."""
    if not answer.citations:
        return None if expected.get("declined_ok") else f"không trích ({answer.reason})"
    first = answer.citations[0]
    names = {first.document_id, first.number}
    if names.isdisjoint(expected["cite"]):
        return f"chờ {', '.join(expected['cite'])}"
    named = [dict(note.values)["number"] for note in answer.notes if note.kind == expected.get("label")]
    if expected.get("label") and not {first.number, first.title} & set(named):
        return f"thiếu nhãn {expected['label']}"
    return None


def places(index: Index, embedder: SentenceTransformerEmbedder) -> Table:
    """Whether old places are understood and new ones said."""
    table, answerer, phrases = Table(), Answerer(index, embedder), Phrases.load(ROOT / "domain.yml")
    for row in read_rows(QUESTIONS / "places.jsonl"):
        answer = answerer.answer(row["question"])
        wrong = why_wrong_of(row, answer, as_message(answer, phrases)["text"])
        miss = f"{row['id']} {row['kind']}: {row['question']} → {_shown(answer)}: {wrong}"
        table.add(("tất cả", row["split"], row["kind"]), wrong is None, miss)
    return table


def why_wrong_of(row: Row, answer: Answer, text: str) -> str | None:
    """What is wrong with the answer to one place question, as a person reads it."""
    kind, notes = row["kind"], {note.kind for note in answer.notes}
    asks = answer.status is Status.CLARIFY
    if any(sends_to_district(line) for line in text.splitlines()):
        return "chỉ đến huyện"
    if kind in ("renamed", "split"):
        unsaid = [name for pair in row["new"] for name in pair if name.lower() not in text.lower()]
        if unsaid:
            return f"không nói {', '.join(unsaid)}"
        return "không hỏi lại" if kind == "split" and "thôn" not in text else None
    if kind == "namesakes":
        return None if (asks and answer.reason == "place") or "namesakes" in notes else "không hỏi lại"
    if kind == "district":
        said = (
            any(pair[0] in text for pair in row.get("new", ()))
            or "không còn" in text
            or ("Ủy ban nhân dân xã" in text and answer.status is not Status.NO_ANSWER)
        )
        return None if said else "không nói nơi mới"
    if kind == "province":
        return None if all(name in text for name in row["new"]) else f"không nói {', '.join(row['new'])}"
    if kind == "figure":
        if not answer.citations or answer.citations[0].document_id != row["document"]:
            return "không đúng tài liệu"
        return None if "figures" in notes else "không nói năm"
    if kind == "figure_new":
        cited = any(citation.document_id == row["document"] for citation in answer.citations)
        return (
            None
            if not answer.citations or (cited and notes & {"old_province", "grown_province"})
            else "gán cho tỉnh mới"
        )
    place_notes = notes & {"new_commune", "split_commune", "old_district"}
    return "hiểu nhầm là địa danh" if place_notes or (asks and answer.reason in ("place", "split")) else None


def citizens(embedder: SentenceTransformerEmbedder) -> Table:
    """Citizens' questions over the portal's procedures and ours: the right one first, and among the first five."""
    table = Table()
    documents = read_sources([*DOCUMENTS, PROCEDURES]).documents
    silent = [replace(document, asked_as=()) for document in documents]
    asked = open_index(embedder, "portal", documents)
    searches = {"không có asked_as": open_index(embedder, "portal-silent", silent, like="portal"), "có asked_as": asked}
    for how, searched in searches.items():
        answerer = Answerer(searched, embedder)
        for typed, change in TYPED.items():
            for row in read_rows(CITIZENS):
                hits = answerer.rank(change(row["question"]), 40)
                codes = list(dict.fromkeys(_code(hit.document) for hit in hits))
                found = next((n for n, code in enumerate(codes) if code in row["gold"]), len(codes))
                miss = f"{how}, {typed}: {row['question']} → {codes[:3]}"
                table.add((f"{how}, {typed}: đầu tiên",), found == 0, "")
                table.add((f"{how}, {typed}: trong năm",), found < 5, miss)
    table.misses = [miss for miss in table.misses if miss.startswith("có asked_as, có dấu")]
    return table


def _code(document: Document) -> str:
    """The portal's code of a procedure, ours or its own; of another document its id."""
    return document.number or document.id if document.kind == "thu_tuc" else document.id


TYPED: dict[str, Callable[[str], str]] = {"có dấu": str, "không dấu": strip_diacritics}
OF_OUR_OWN: dict[str, Callable[[Index, SentenceTransformerEmbedder], Table]] = {
    "facts": facts,
    "time": time,
    "places": places,
}
OF_OTHERS: dict[str, Callable[[SentenceTransformerEmbedder], Table]] = {"law": law, "citizens": citizens}
SETS = (*OF_OUR_OWN, *OF_OTHERS)

if __name__ == "__main__":
    sys.exit(main())
