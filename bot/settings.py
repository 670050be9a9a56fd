"""What a person may set; the only reader of the environment and of ``.env``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_state_path
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.errors import QuothError

PREFIX = "QUOTH_"
CONFIDENCE = {"bold": 0.2, "balanced": 0.5, "careful": 0.8}
"""How sure Quoth must be before it calls its quotes an answer: the word, and the probability it stands for."""


@dataclass(eq=False)
class SettingInvalid(QuothError):
    """A setting has a value that makes no sense; ``wanted`` says in words what would."""

    variable: str
    value: str
    wanted: str


_WANTED = {
    "articles": "the path of a folder",
    "index": "the path of a folder",
    "encoder": "bundled, a model's folder or its name on the hub",
    "device": "a name that torch knows, such as cpu or cuda",
    "top": "a whole number from 1 to 50",
    "confidence": f"{', '.join(CONFIDENCE)} or a number from 0 to 1",
    "history": "the path of a file",
}


def _probability(value: object) -> object:
    """A word of ``CONFIDENCE`` as its probability; anything else is left for pydantic to judge."""
    return CONFIDENCE.get(value.strip().lower(), value) if isinstance(value, str) else value


HomePath = Annotated[Path, AfterValidator(Path.expanduser)]
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
    index: HomePath = Path("data/index")
    """The folder that the index is kept in."""
    encoder: str = "bundled"
    """The sentence-transformers model: the bundled one, a folder, or a name on the hub."""
    device: str | None = None
    """Where the model runs, in torch's words; by default a GPU where there is one."""
    top: int = Field(default=3, ge=1, le=50)
    """The number of quotes an answer has at most."""
    confidence: Probability = CONFIDENCE["balanced"]
    """The probability of being right below which Quoth says that the articles do not say."""
    history: HomePath = Field(default_factory=lambda: user_state_path("quoth") / "history")
    """The file that holds the questions typed in the chat."""


def load(**given: Any) -> Settings:
    """Read the settings; those ``given`` that are not None (from the command line) go before all others.

    Raises:
        SettingInvalid: a value makes no sense, or ``.env`` cannot be read.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise SettingInvalid(PREFIX + name.upper(), str(first["input"]), _WANTED[name]) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingInvalid(".env", reason, "a readable text file of NAME=value lines in UTF-8") from error
