"""Quoth's settings, with their defaults; this module alone reads the environment and ``.env``."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_state_path
from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from retrieval.errors import QuothError
from retrieval.index.address import StoreAddress, from_home, where

PREFIX = "QUOTH_"
CONFIDENCE = {"bold": 0.1, "balanced": 0.27, "careful": 0.5}
"""How sure Quoth must be before it calls its quotes an answer: the word, and the probability it stands for."""


@dataclass(eq=False)
class SettingInvalid(QuothError):
    """A setting has a value that makes no sense; ``wanted`` says in words what would."""

    variable: str
    value: str
    wanted: str


@dataclass(eq=False)
class DiscordRefused(QuothError):
    """The bot cannot run until a person sets something right, here or in Discord's Developer Portal."""

    lacking: Literal["token", "valid token", "intents", "servers", "connection"]


@dataclass(eq=False)
class ServeRefused(QuothError):
    """The server cannot run until a person sets something right; ``detail`` is the address, or the system's word."""

    lacking: Literal["libraries", "token", "longer token", "address"]
    detail: str = ""


_WANTED = {
    "articles": "the path of a folder",
    "index": "the path of a folder, or milvus://host:19530/name",
    "index_token": "a key, or a user's name and password with a colon between",
    "index_only": "true or false",
    "collections": "the path of a folder",
    "address": "the address of a server on the web, such as https://quotes.example.org",
    "encoder": "bundled, a model's folder or its name on the hub",
    "device": "a name that torch knows, such as cpu or cuda",
    "reader": "trained, none, a folder or a hub name",
    "top": "a whole number from 1 to 50",
    "confidence": f"{', '.join(CONFIDENCE)} or a number from 0 to 1",
    "history": "the path of a file",
    "state": "the path of a folder",
    "questions_days": "a number of days up to 3650, or 0 for not at all",
    "log_level": "debug, info, warning or error",
    "log_json": "true or false",
    "ocr": "languages that tesseract knows, such as eng or eng+deu, or nothing",
    "reading_seconds": "a number of seconds from 1 to 86400",
    "fetch_contact": "an address on the web or for mail, such as https://example.org/bot",
    "feeds_every": "a number of minutes from 1 to 43200",
    "fetch_hosts": "names of hosts with commas between them, such as wiki.example.org",
    "serve_host": "the name or address of this machine, such as 127.0.0.1",
    "serve_port": "a port's number from 1 to 65535",
    "serve_token": "a secret of 16 characters or more",
    "serve_open": "true or false",
    "serve_origins": "sites with commas between them, such as https://news.example.org",
    "serve_rate": "a whole number of questions, or 0 for no limit",
    "discord_token": "a bot's token",
    "discord_guilds": "ids of servers with commas between them",
    "discord_channels": "ids of channels with commas between them",
    "discord_caretakers": "ids of roles with commas between them",
    "discord_test_guild": "the id of a server",
    "discord_dms": "true or false",
    "discord_user_install": "true or false",
    "discord_threads": "true or false",
    "discord_posts": "true or false",
    "discord_watch": "true or false",
    "discord_feeds": "true or false",
    "discord_fetch": "true or false",
    "discord_audit_channel": "the id of a channel",
    "discord_cards": "components or embeds",
    "discord_keep_days": "a number of days from 1 to 3650",
    "discord_cooldown": "a number of seconds from 0 to 3600",
}


def _probability(value: object) -> object:
    """A word of ``CONFIDENCE`` as its probability; anything else is left for pydantic to judge."""
    return CONFIDENCE.get(value.strip().lower(), value) if isinstance(value, str) else value


def _listed(text: str) -> list[str]:
    """What a person lists, with commas or spaces between."""
    return text.replace(",", " ").split()


def _ids(value: object) -> object:
    """Ids as a person lists them; anything else is left for pydantic to judge."""
    return _listed(value) if isinstance(value, str) else value


def _hosts(value: object) -> object:
    """Names of hosts, or of sites, as ids are listed; those of other scripts as browsers and servers know them."""
    if not isinstance(value, str):
        return value
    return [_NOT_ASCII.sub(lambda name: name[0].encode("idna").decode(), each) for each in _listed(value.lower())]


_NOT_ASCII = re.compile(r"[\w.-]*[^\x00-\x7f][\w.-]*")


def _unquoted(value: object) -> object:
    """A value without blanks and a pair of quotation marks around it."""
    if not isinstance(value, str):
        return value
    bare = value.strip()
    return bare[1:-1].strip() if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" else bare


def _lowered(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _place(value: object, info: ValidationInfo) -> object:
    """A place as a person writes it, with the token that goes with it."""
    token: SecretStr | None = info.data.get("index_token")
    return where(str(value), token.get_secret_value() if token else "") if isinstance(value, str | Path) else value


HomePath = Annotated[Path, AfterValidator(from_home)]
Ids = Annotated[frozenset[Annotated[int, Field(ge=1)]], NoDecode, BeforeValidator(_ids)]
Hosts = Annotated[
    frozenset[Annotated[str, Field(pattern=r"^([\w.-]+|[0-9a-f:]*:[0-9a-f:.]+)$")]], NoDecode, BeforeValidator(_hosts)
]
Origins = Annotated[
    frozenset[Annotated[str, Field(pattern=r"^https?://([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$")]],
    NoDecode,
    BeforeValidator(_hosts),
]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lowered)]
Probability = Annotated[float, BeforeValidator(_probability), Field(ge=0, le=1)]


class Settings(BaseSettings):
    """Settings in force: given on the command line, else in the environment, else in ``.env``, else these."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    articles: HomePath = Path("data/articles")
    """The folder of articles."""
    index_token: SecretStr | None = None
    """What the store asks for that the index is kept in: never printed, never logged."""
    index: Annotated[Path | StoreAddress, BeforeValidator(_place)] = Path("data/index")
    """Where the index is kept: a folder, or a name in a Milvus that several machines share."""
    index_only: bool = False
    """Whether to answer from the index as it is, and leave the folder of articles alone."""
    collections: HomePath | None = None
    """The folder of the collections that servers have for themselves; none without it."""
    address: Annotated[str, AfterValidator(lambda given: given.rstrip("/"))] = Field(
        default="", max_length=200, pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$"
    )
    """Where people reach the server: links to quotes lead there. Without it, none are shown outside of its pages."""
    encoder: str = "bundled"
    """The sentence-transformers model: the bundled one, a folder, or a name on the hub."""
    reader: str = "trained"
    """What finds the words that answer: ``trained``, ``none``, or another extractive model's folder or hub name."""
    device: str | None = None
    """Where the model runs, in torch's words; by default a GPU where there is one."""
    top: int = Field(default=3, ge=1, le=50)
    """The number of quotes an answer has at most."""
    confidence: Probability = CONFIDENCE["balanced"]
    """The probability of being right below which Quoth says that the articles do not say."""
    reading_seconds: float | None = Field(default=None, ge=1, le=86_400, allow_inf_nan=False)
    """Processor time that reading one file may take; by default in proportion to its size."""
    ocr: str = Field(default="", pattern=r"^[A-Za-z_/]{3,}(\+[A-Za-z_/]{3,})*$|^$")
    """The languages in which tesseract reads pages that are pictures; nothing for not at all."""
    fetch_hosts: Hosts = frozenset()
    """Hosts that pages may be fetched from although their addresses are not public, as in an intranet."""
    fetch_contact: str = Field(default="", pattern=r"^[\x21-\x7e]{0,200}$")
    """Whom servers that are fetched from can turn to: it is sent to them with Quoth's name."""
    feeds_every: float = Field(default=60.0, ge=1, le=43_200, allow_inf_nan=False)
    """Minutes between two updates of a feed that does not say itself how often it changes."""
    history: HomePath = Field(default_factory=lambda: user_state_path("quoth") / "history")
    """The file that holds the questions typed in the chat."""
    state: HomePath = Field(default_factory=lambda: user_state_path("quoth"))
    """The folder that questions are kept in and, of the Discord bot, answers' places, votes and the audit log."""
    questions_days: float = Field(default=30.0, ge=0, le=3650, allow_inf_nan=False)
    """Days for which the bot and the server keep what was asked, without names; 0 for not at all."""
    log_level: LogLevel = "info"
    """The least that the log of the Discord bot, or of the server, tells of."""
    log_json: bool = False
    """Whether the log has one JSON object a line."""
    serve_host: str = "127.0.0.1"
    """Where the server listens: by default only to this machine."""
    serve_port: int = Field(default=8000, ge=1, le=65_535)
    """The port that it listens on."""
    serve_token: SecretStr | None = None
    """What has to come with each request; without it the server listens to this machine only."""
    serve_open: bool = False
    """Whether everybody who can reach the server may ask, without a token and by whatever name."""
    serve_origins: Origins = frozenset()
    """Other sites whose pages may ask the server from a visitor's browser."""
    serve_rate: int = Field(default=0, ge=0, le=100_000)
    """How many questions one address may ask a minute, which it may do at once; 0 for no limit."""
    discord_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("QUOTH_DISCORD_TOKEN", "DISCORD_TOKEN")
    )
    """The bot's token: never printed, never logged."""
    discord_guilds: Ids = frozenset()
    """The servers that the bot answers in; none for all."""
    discord_channels: Ids = frozenset()
    """The channels that it answers in, with their threads; none for all."""
    discord_caretakers: Ids = frozenset()
    """Roles one of which, beside Manage Server, it takes to change the articles; none for Manage Server alone."""
    discord_test_guild: Annotated[int, Field(ge=1)] | None = None
    """The one server that the commands are made known to, while trying them out; everywhere without it."""
    discord_dms: bool = True
    """Whether the bot answers direct messages."""
    discord_user_install: bool = False
    """Whether a member may install the bot for themselves, and ask wherever they are."""
    discord_threads: bool = False
    """Whether the bot starts a thread from each answer to a mention."""
    discord_posts: bool = False
    """Whether it may answer posts that do not mention it, for which it asks Discord for the content of messages."""
    discord_watch: bool = True
    """Whether the bot follows the folder of articles and indexes what changes there."""
    discord_feeds: bool = False
    """Whether the bot updates the feeds that the articles follow, each when it is due."""
    discord_fetch: bool = False
    """Whether caretakers may have the bot fetch pages from the web as articles."""
    discord_cooldown: float = Field(default=3.0, ge=0, le=3600, allow_inf_nan=False)
    """Seconds that a member waits between two questions."""
    discord_audit_channel: Annotated[int, Field(ge=1)] | None = None
    """The channel that changes of the articles are told in; none without it."""
    discord_cards: Annotated[Literal["components", "embeds"], BeforeValidator(_lowered)] = "components"
    """What the bot's answers are made of: Discord's components or, as before 2025, embeds."""
    discord_keep_days: float = Field(default=30.0, ge=1, le=3650, allow_inf_nan=False)
    """Days for which the bot keeps answers' places, who asked, and the votes."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: dict[str, Any]) -> dict[str, Any]:
        """The values without what Docker's ``--env-file`` leaves around them; one of nothing but blanks is not set."""
        return {name: bare for name, value in given.items() if (bare := _unquoted(value)) != ""}

    @property
    def ocr_kept(self) -> Path:
        """The folder that keeps what was read off pages that are pictures."""
        return (self.index if isinstance(self.index, Path) else self.state) / "ocr"


def load(**given: Any) -> Settings:
    """Read the settings; those ``given`` that are not None (from the command line) go before all others.

    Raises:
        SettingInvalid: a value makes no sense, or ``.env`` cannot be read.
    """
    try:
        _look_through(Path(".env"))
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).lower().removeprefix(PREFIX.lower())
        told = re.sub(r"//[^/@]*@", "//…@", str(first["input"]))  # a name and password are nobody else's business
        raise SettingInvalid(PREFIX + name.upper(), told, _WANTED[name]) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingInvalid(".env", reason, "a readable text file of NAME=value lines in UTF-8") from error


def unknown() -> Mapping[str, str | None]:
    """Names of variables, and of lines of ``.env``, that look like settings and are none, each with one like it.

    One with none like it may well be another program's.
    """
    from dotenv import dotenv_values

    known = [PREFIX + name.upper() for name in Settings.model_fields]
    named = dict.fromkeys(name for name in (*os.environ, *dotenv_values(".env")) if name.upper().startswith(PREFIX))
    return {name: _nearest(name.upper(), known) for name in named if name.upper() not in known}


_OF_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_|$)")
"""What Kubernetes itself sets where a service is called quoth."""


def _nearest(name: str, known: list[str]) -> str | None:
    if _OF_KUBERNETES.search(name):
        return None
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.8)), None)


def _look_through(file: Path) -> None:
    """See that ``.env`` has no broken line: what reads it would leave out a token with a quotation mark too few."""
    if not file.is_file():
        return
    from dotenv.parser import parse_stream

    with file.open(encoding="utf-8") as lines:
        broken = next((found.original.line for found in parse_stream(lines) if found.error), None)
    if broken is not None:
        raise SettingInvalid(".env", f"broken in line {broken}", "NAME=value lines whose quotation marks are closed")
