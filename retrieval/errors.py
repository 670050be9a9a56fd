"""What can go wrong, as facts that a caller may catch; ``bot.error_wording`` puts them into words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class QuothError(Exception):
    """Root of every error that Quoth raises on purpose: a fault of the input or of the machine, not of the code."""


@dataclass(eq=False)
class FolderMissing(QuothError):
    """The folder of articles does not exist or is not a folder."""

    path: Path


@dataclass(eq=False)
class FileMissing(QuothError):
    """A file that was named is not there."""

    path: Path


@dataclass(eq=False)
class NoArticles(QuothError):
    """The folder holds no article that could be read; ``skipped`` says how many files were passed over."""

    path: Path
    skipped: int


@dataclass(eq=False)
class ArticleUnreadable(QuothError):
    """One file is not a readable article. Indexing goes on without it."""

    path: str
    reason: str


@dataclass(eq=False)
class ArticleUnknown(QuothError):
    """No article has this id; ``near`` holds ids that look alike, best first."""

    id: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class ArticleOneOfMany(QuothError):
    """The article cannot be taken out by itself, as its file holds others too."""

    id: str
    path: str


@dataclass(eq=False)
class ArticleExists(QuothError):
    """A file of that name is already among the articles, with other contents."""

    path: Path


@dataclass(eq=False)
class LinkUnreadable(QuothError):
    """What was given is no link to a quote; ``reason`` says why."""

    link: str
    reason: str


FetchProblem = Literal[
    "address",
    "broken",
    "busy",
    "credentials",
    "downgrade",
    "forbidden",
    "gone",
    "large",
    "missing",
    "no feed",
    "private",
    "redirects",
    "robots",
    "scheme",
    "server",
    "slow",
    "status",
    "tls",
    "type",
    "unknown host",
    "unreachable",
    "unreadable",
]


@dataclass(eq=False)
class FetchFailed(QuothError):
    """A page or file cannot, or must not, be fetched from the web; ``detail`` is what the server or system said.

    Neither holds a name or password that an address had in it.
    """

    address: str
    problem: FetchProblem
    detail: str = ""
    wait_s: int = 0
    """Seconds for which the server wants to be left alone."""


@dataclass(eq=False)
class FeedUnknown(QuothError):
    """No feed with this address is followed; ``near`` holds those that look alike."""

    address: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class FeedsBusy(QuothError):
    """Another program is updating the feeds of the same folder."""

    path: Path


@dataclass(eq=False)
class FetchingMissing(QuothError):
    """Something is to be fetched from the web, and an installation without the extra ``feeds`` cannot."""


@dataclass(eq=False)
class EncoderUnavailable(QuothError):
    """The encoder's model cannot be loaded."""

    name: str
    reason: str


@dataclass(eq=False)
class ReaderUnavailable(QuothError):
    """The reader's model cannot be loaded; ``named`` says whether it is another than the one that ships."""

    name: str
    reason: str
    named: bool = False


@dataclass(eq=False)
class PyTorchMissing(QuothError):
    """Something asks for PyTorch, which an installation without the extra ``encoders`` lacks."""

    what: str


@dataclass(eq=False)
class DeviceUnavailable(QuothError):
    """A model cannot run on the device that was named, such as a GPU that is not there."""

    device: str
    reason: str


@dataclass(eq=False)
class WeightsMismatch(QuothError):
    """A file of the bundled model, its weights or another, is not the one this project was tested with."""

    path: Path
    expected: str
    actual: str


@dataclass(eq=False)
class IndexMissing(QuothError):
    """There is no index to open."""

    path: Path | str
    """A folder, or a store's address."""


@dataclass(eq=False)
class IndexCorrupt(QuothError):
    """A snapshot does not hold what its manifest promises."""

    path: Path | str
    """A folder, or a store's address."""
    reason: str


@dataclass(eq=False)
class IndexForeign(IndexCorrupt):
    """A snapshot is whole, but laid out as another version of Quoth does it."""


@dataclass(eq=False)
class IndexLocked(QuothError):
    """Another process is writing the index; ``holder`` is what it wrote about itself."""

    path: Path | str
    """A folder, or a store's address."""
    holder: str


@dataclass(eq=False)
class IndexUnreachable(QuothError):
    """The store that holds the index does not answer, or refuses; ``reason`` is its client's word."""

    place: str
    reason: str


@dataclass(eq=False)
class IndexReadOnly(QuothError):
    """The index is only read here, and written elsewhere, so that no article can be changed."""

    place: str


@dataclass(eq=False)
class StoreClientMissing(QuothError):
    """The index is in a store whose client is not installed."""

    place: str


@dataclass(eq=False)
class StorageFailed(QuothError):
    """Reading or writing failed: no permission, a full disk, a vanished file. ``reason`` is the system's word."""

    path: Path
    reason: str


@dataclass(eq=False)
class FileFailed(StorageFailed):
    """The same of a file that was named by itself, and belongs to neither the articles nor the index."""


@dataclass(eq=False)
class BackgroundFailed(QuothError):
    """Something that runs in the background met an error that nobody foresaw, and goes on; that error is the cause."""

    task: str
    reason: str


@dataclass(eq=False)
class QuestionEmpty(QuothError):
    """The question has no letter or digit in it."""


@dataclass(eq=False)
class QuestionTooLong(QuothError):
    """The question is longer than any person types. Both lengths are in code points."""

    length: int
    limit: int


@dataclass(eq=False)
class DatasetInvalid(QuothError):
    """A file given to ``evaluation`` is not a data set; ``reason`` says where it stopped making sense."""

    path: Path
    reason: str


@dataclass(eq=False)
class AnswersMissing(QuothError):
    """A data set has ``questions``, but nobody has filled in the answers to any of them."""

    path: Path
    questions: int


@dataclass(eq=False)
class ResultsInvalid(QuothError):
    """A file does not hold the results of an evaluation; ``reason`` says why."""

    path: Path
    reason: str
