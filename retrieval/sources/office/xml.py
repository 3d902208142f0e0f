"""Elements of XML by their names without namespaces, of which Office has two of each."""

from __future__ import annotations

import re

from lxml import etree


def local(element: etree._Element) -> str:
    """An element's name without its namespace, of which Word has two."""
    return str(element.tag).rpartition("}")[2]


def child(element: etree._Element | None, *names: str) -> etree._Element | None:
    """The first child of a name, and its of the next, or None."""
    for name in names:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def value(element: etree._Element | None, name: str = "val") -> str | None:
    """An attribute by its name without namespace."""
    if element is None:
        return None
    plain = element.get(name)
    if plain is not None:
        return str(plain)
    return next((str(text) for key, text in element.attrib.items() if str(key).rpartition("}")[2] == name), None)


def number(element: etree._Element | None, name: str = "val") -> int | None:
    """An attribute that is a whole number of at most nine figures, None if it is none."""
    text = value(element, name) or ""
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None
