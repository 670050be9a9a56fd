"""Formulas of Word files (Office MathML), written in a line as people type them: ``(a+b)/2``, ``∑_(n=1)^∞ x_n``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

Words = Callable[["_Element"], str]
"""The words of a part of a formula, formulas in it included."""


def _part(formula: _Element, name: str, words: Words) -> str:
    part = formula.find(MATH + name)
    return "" if part is None else words(part).strip()


def _together(said: str) -> str:
    """What counts as one thing behind a sign: in brackets, unless it is a single name or number or has brackets."""
    alone = len(said) <= 1 or said.isalnum() or (said.startswith("(") and said.endswith(")"))
    return said if alone else f"({said})"


def _sign(formula: _Element, properties: str, name: str, usual: str) -> str:
    """A sign that a formula names among its properties."""
    sign = formula.find(f"{MATH}{properties}/{MATH}{name}")
    return usual if sign is None else sign.get(f"{MATH}val") or ""


def _fraction(formula: _Element, words: Words) -> str:
    return "/".join(_together(_part(formula, name, words)) for name in ("num", "den"))


def _root(formula: _Element, words: Words) -> str:
    return f"√({_part(formula, 'e', words)})"


def _indexed(formula: _Element, words: Words) -> str:
    """Something with what stands below and above it."""
    return _part(formula, "e", words) + _bounds(formula, words)


def _bounds(formula: _Element, words: Words) -> str:
    found = ((sign, _part(formula, name, words)) for sign, name in (("_", "sub"), ("^", "sup")))
    return "".join(sign + _together(said) for sign, said in found if said)


def _bracketed(formula: _Element, words: Words) -> str:
    first, last = (_sign(formula, "dPr", name, usual) for name, usual in (("begChr", "("), ("endChr", ")")))
    return first + _sign(formula, "dPr", "sepChr", "|").join(map(words, formula.findall(f"{MATH}e"))) + last


def _summed(formula: _Element, words: Words) -> str:
    """A sum, a product or an integral with its bounds."""
    said = _part(formula, "e", words)
    bounds = _bounds(formula, words)
    return _sign(formula, "naryPr", "chr", "∫") + bounds + (" " if bounds and said else "") + said


def _applied(formula: _Element, words: Words) -> str:
    name, said = (_part(formula, each, words) for each in ("fName", "e"))
    return f"{name}{said}" if said.startswith("(") else f"{name} {said}"


FORMULAS: Mapping[str, Callable[[_Element, Words], str]] = {
    MATH + name: written
    for name, written in (
        ("f", _fraction),
        ("rad", _root),
        ("sSub", _indexed),
        ("sSup", _indexed),
        ("sSubSup", _indexed),
        ("d", _bracketed),
        ("nary", _summed),
        ("func", _applied),
    )
}
"""By element, how it is written."""
