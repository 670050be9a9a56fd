"""Texts as numbers, all of them in the device's memory; questions over passages are put together there.

Both networks read the same words: all-mpnet-base-v2's vocabulary is BERT's in another order, so its tokens are
BERT's, and a score that it gives to a passage's token is one for the same token of the other network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.pack import TrainingPassage

LONGEST = 320
"""Tokens of a question with a passage; the rest of the passage is cut off."""
_LONGEST_QUESTION = 64
_MULTIPLE = 8
_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of numbers of unlike length, one after the other."""

    flat: torch.Tensor
    starts: torch.Tensor
    lengths: torch.Tensor

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]], device: str) -> Ragged:
        """Put rows into the device's memory."""
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        flat = np.concatenate([np.asarray(row, dtype=np.int32) for row in rows])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return cls(*(torch.from_numpy(each).to(device) for each in (flat, starts, lengths)))

    def to(self, device: str) -> Ragged:
        """The same in a device's memory."""
        return Ragged(self.flat.to(device), self.starts.to(device), self.lengths.to(device))

    def at(self, rows: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """The numbers at ``places``, shape (rows, places); anything where a place is beyond its row."""
        index = (self.starts[rows][:, None] + places).clamp_(0, len(self.flat) - 1)
        return self.flat[index].long()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Questions over passages, padded; each tensor of shape (pairs, tokens)."""

    ids: torch.Tensor
    types: torch.Tensor
    there: torch.Tensor
    """What is no padding."""
    allowed: torch.Tensor
    """Tokens of the passage itself."""
    first: torch.Tensor
    """(pairs,): where the passage with its title begins."""
    within: torch.Tensor
    """Each token's place from there on; it is beyond the passage where ``allowed`` says no."""


class Passages:
    """Passages with their titles, tokenised."""

    def __init__(self, tokenizer: Any, passages: Sequence[TrainingPassage], device: str) -> None:
        rows: list[list[int]] = []
        skipped: list[int] = []
        self._offsets: list[NDArray[np.int32]] = []
        for start in range(0, len(passages), _AT_ONCE):
            some = passages[start : start + _AT_ONCE]
            prefixes = [f"{passage.title} . " for passage in some]
            texts = [prefix + passage.text for prefix, passage in zip(prefixes, some, strict=True)]
            encoded = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
            for prefix, ids, places in zip(prefixes, encoded["input_ids"], encoded["offset_mapping"], strict=True):
                offsets = np.array(places, dtype=np.int32).reshape(-1, 2)[:LONGEST] - len(prefix)
                rows.append(ids[:LONGEST])
                skipped.append(int((offsets[:, 0] < 0).sum()))
                self._offsets.append(offsets)
        self.tokens = Ragged.of(rows, device)
        self.skipped = torch.tensor(skipped, device=device)
        self.lengths = np.array([len(row) for row in rows])

    def token_range(self, passage: int, place: tuple[int, int] | None) -> tuple[int, int]:
        """First and last token of a range of code points, counted from the title on; -1 for what is not there."""
        if place is None:
            return -1, -1
        starts, ends = self._offsets[passage].T
        inside = np.flatnonzero((starts >= 0) & (ends > place[0]) & (starts < place[1]))
        return (int(inside[0]), int(inside[-1])) if len(inside) and ends[-1] >= place[1] else (-1, -1)

    def characters(self, passage: int, first: int, last: int) -> tuple[int, int]:
        """The range of code points from one token to another."""
        return int(self._offsets[passage][first, 0]), int(self._offsets[passage][last, 1])


def tokenised_questions(tokenizer: Any, questions: Sequence[str], device: str) -> tuple[Ragged, NDArray[np.int64]]:
    """Questions, and how many tokens each has."""
    rows: list[list[int]] = []
    for start in range(0, len(questions), _AT_ONCE):
        encoded = tokenizer(list(questions[start : start + _AT_ONCE]), add_special_tokens=False, verbose=False)
        rows.extend(ids[:_LONGEST_QUESTION] for ids in encoded["input_ids"])
    return Ragged.of(rows, device), np.array([len(row) for row in rows])


@dataclass(frozen=True, slots=True)
class Marks:
    """The tokens around questions and passages, and how a network numbers the tokens."""

    first: int
    between: tuple[int, ...]
    last: int
    padding: int
    numbers: torch.Tensor | None
    """By a token's number in BERT's vocabulary its own; None for the same."""

    @classmethod
    def of_bert(cls, tokenizer: Any) -> Marks:
        """As BERT has them."""
        return cls(
            tokenizer.cls_token_id, (tokenizer.sep_token_id,), tokenizer.sep_token_id, tokenizer.pad_token_id, None
        )

    @classmethod
    def of_mpnet(cls, tokenizer: Any, bert: Any, device: str) -> Marks:
        """As MPNet has them, for tokens that ``bert``'s tokenizer made."""
        theirs = tokenizer.get_vocab()
        own = sorted(bert.get_vocab().items(), key=lambda each: each[1])
        numbers = torch.tensor([theirs.get(word, tokenizer.unk_token_id) for word, _ in own], device=device)
        begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
        return cls(begin, (end, end), end, tokenizer.pad_token_id, numbers)


def together(
    marks: Marks, questions: Ragged, of_question: torch.Tensor, passages: Passages, of_passage: torch.Tensor
) -> Pairs:
    """Pairs of questions and passages by their numbers, ready for a network."""
    asked = questions.lengths[of_question][:, None]
    first = asked + 1 + len(marks.between)
    texts = torch.minimum(passages.tokens.lengths[of_passage][:, None], LONGEST - 1 - first)
    end = first + texts
    width = -(-(int(end.max()) + 1) // _MULTIPLE) * _MULTIPLE
    at = torch.arange(width, device=asked.device)[None, :]
    within = at - first
    in_question, in_text = (at > 0) & (at <= asked), (within >= 0) & (within < texts)
    ids = torch.where(in_text, passages.tokens.at(of_passage, within), questions.at(of_question, at - 1))
    if marks.numbers is not None:
        ids = marks.numbers[ids]
    ids = torch.where(in_question | in_text, ids, marks.padding)
    ids[:, 0] = marks.first
    for number, mark in enumerate(marks.between, 1):
        ids.scatter_(1, asked + number, mark)
    ids.scatter_(1, end, marks.last)
    types = ((at >= first) & (at <= end)).long()
    allowed = in_text & (within >= passages.skipped[of_passage][:, None])
    return Pairs(ids, types, at <= end, allowed, first[:, 0], within)


def alone(marks: Marks, texts: Ragged, rows: torch.Tensor) -> Pairs:
    """Texts by their numbers, each by itself."""
    length = torch.clamp(texts.lengths[rows][:, None], max=LONGEST - 2)
    width = -(-(int(length.max()) + 2) // _MULTIPLE) * _MULTIPLE
    at = torch.arange(width, device=rows.device)[None, :]
    inside = (at > 0) & (at <= length)
    ids = texts.at(rows, at - 1)
    if marks.numbers is not None:
        ids = marks.numbers[ids]
    ids = torch.where(inside, ids, marks.padding)
    ids[:, 0] = marks.first
    ids.scatter_(1, length + 1, marks.last)
    nowhere = torch.zeros_like(ids)
    return Pairs(ids, nowhere, at <= length + 1, inside, nowhere[:, 0], at - 1)


def parts(lengths: NDArray[np.int64], tokens: int) -> list[NDArray[np.int64]]:
    """Numbers of pairs in batches of like length, each of so many tokens at most with its padding."""
    order = np.argsort(-lengths, kind="stable")
    found, start = [], 0
    while start < len(order):
        size = max(1, tokens // int(lengths[order[start]] + _MULTIPLE))
        found.append(order[start : start + size])
        start += size
    return found
