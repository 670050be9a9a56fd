"""The commands, and the composition root: here the engine, its encoder, the settings and the faces are put together.

Everything but typer is imported inside the commands, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.terminal.ask import ANSWERED, FAILED, NOT_SAID, Desk
from retrieval.errors import QuothError

if TYPE_CHECKING:
    import threading

    from rich.console import Console

    from bot.settings import Settings
    from retrieval.answer.query import Filters
    from retrieval.answer.reader import Reader
    from retrieval.engine import Engine
    from retrieval.index.changes import Progress
    from retrieval.index.snapshot import Snapshot
    from retrieval.index.updating import Report
    from retrieval.models.encoder import Encoder

_BROKEN_PIPE = 141

app = typer.Typer(
    name="quoth",
    help="Answers questions about a folder of articles by quoting them.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
articles_app = typer.Typer(help="List the articles; show, add and remove them.")
app.add_typer(articles_app, name="articles")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write it as 2016-11-28") from None


ArticlesOption = Annotated[Path | None, typer.Option("--articles", metavar="DIR", help="The folder of articles.")]
IndexOption = Annotated[Path | None, typer.Option("--index", metavar="DIR", help="The folder of the index.")]
TopOption = Annotated[int | None, typer.Option("--top", metavar="N", min=1, max=50, help="Quotes at most.")]
SourceOption = Annotated[str | None, typer.Option("--source", metavar="S", help="Quote only this source.")]
AfterOption = Annotated[
    date | None, typer.Option("--after", metavar="DATE", parser=_day, help="Published on this day or later.")
]
BeforeOption = Annotated[
    date | None, typer.Option("--before", metavar="DATE", parser=_day, help="Published on this day or earlier.")
]
ArticleOption = Annotated[
    list[str] | None, typer.Option("--article", metavar="ID", help="Quote only this article; may be repeated.")
]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Show the scores of each stage.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (by default the program's own) and return its exit status; every error ends here."""
    for stream in (sys.stdout, sys.stderr):
        # Articles hold characters that some terminals' encodings lack.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        return app(args=arguments, prog_name="quoth", standalone_mode=False) or ANSWERED
    except SystemExit:
        # Commands return their status: only a reader that went away (as in `quoth ask | head -1`) leads here.
        _abandon_output()
        return _BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the contract: never a traceback
        return _fail(_sentence(error))


def _sentence(error: Exception) -> str:
    """What went wrong and the remedy, in one sentence."""
    match error:
        case QuothError():
            from bot import wording as rendering

            return rendering.error(error)
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            path = context.command_path if context else "quoth"
            return f"{error.format_message().rstrip('.')}: see {path} --help."
        case OSError():
            _abandon_output()
            return f"The system refused ({error.strerror or error}): make room, or give yourself the right to it."
        case MemoryError():
            return "There is not enough memory: close other programs, or ask over fewer articles."
    return _fault(error)


def _fail(sentence: str) -> int:
    with suppress(OSError):
        sys.stderr.write(f"quoth: {sentence}\n")
    return FAILED


def _abandon_output() -> None:
    """Point standard output at nothing, so that what is left in its buffer causes no second error at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fault(error: Exception) -> str:
    """Keep the traceback of a fault of ours for whoever mends it; returns the sentence for whoever met it."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="quoth-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    kind = type(error).__name__
    return f"Quoth has a fault ({kind}): please report it with the details that are in {file.name}."


# --- putting things together ---------------------------------------------------------------------------------


def build_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name. Cheap: its model is loaded at the first use."""
    from retrieval.models.encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(settings.encoder, device=settings.device)


def build_reader(settings: Settings) -> Reader | None:
    """The reader that the settings name, or None. Cheap: its model is loaded at the first use."""
    from retrieval.answer.span_reader import reader_named

    return reader_named(settings.reader, settings.device)


def _load(context: typer.Context, **given: Any) -> Settings:
    """Settings, those ``given`` with a command or with the group it belongs to first."""
    from bot import settings

    outer = context.obj or {}
    return settings.load(**{name: outer.get(name) if value is None else value for name, value in given.items()})


def _open(settings: Settings, encoder: Encoder, reader: Reader | None, errors: Console) -> Engine:
    """The engine over an index that is up to date, or cannot be made so; says on ``errors`` what happened."""
    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from retrieval.errors import StorageFailed

    try:
        with terminal.progress(errors) as told:
            engine, report = _build(settings, encoder, reader, told)
    except StorageFailed as error:
        engine = _engine(settings, _as_it_was(settings, encoder, error), encoder, reader)
        errors.print(
            f"{rendering.error(error)} Until then the answers are those of the index as it was.", style="yellow"
        )
        return engine
    if report and report.built:
        errors.print(rendering.report(report), style="dim")
    return engine


def _as_it_was(settings: Settings, encoder: Encoder, error: QuothError) -> Snapshot:
    """The snapshot in place, on a disk that takes no newer one; raises ``error`` where it can answer nothing."""
    from retrieval.index.changes import compare
    from retrieval.index.snapshot import open_latest

    with suppress(QuothError):
        snapshot = open_latest(settings.index)
        if not compare(settings.articles, snapshot, encoder).anew:
            return snapshot
    raise error


def _build(
    settings: Settings, encoder: Encoder, reader: Reader | None, progress: Progress
) -> tuple[Engine, Report | None]:
    """An engine over an index that is up to date, and what that took, if anything."""
    from retrieval.index.updating import open_up_to_date

    snapshot, report = open_up_to_date(settings.articles, settings.index, encoder, progress=progress)
    return _engine(settings, snapshot, encoder, reader), report


def _engine(settings: Settings, snapshot: Snapshot, encoder: Encoder, reader: Reader | None) -> Engine:
    from retrieval.engine import Engine

    return Engine(snapshot, encoder, articles=settings.articles, reader=reader, threshold=settings.confidence)


def _filters(source: str | None, after: date | None, before: date | None, article: list[str] | None) -> Filters:
    from retrieval.answer.query import Filters

    return Filters(frozenset(article or ()), source, after, before)


# --- asking --------------------------------------------------------------------------------------------------


@app.callback(invoke_without_command=True)
def quoth(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
) -> int:
    """Answers questions about a folder of articles by quoting them, word for word."""
    if version:
        from importlib import metadata

        typer.echo(f"quoth {metadata.version('quoth')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(FAILED)
    return ANSWERED


@app.command()
def ask(  # noqa: PLR0913 - the options that the contract names
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", show_default=False)] = None,
    *,
    top: TopOption = None,
    source: SourceOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    article: ArticleOption = None,
    explain: ExplainOption = False,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Answer QUESTION or, without it, one question a line from standard input.

    The exit status is 0 when the articles answer, 1 when they do not say, 2 after an error.
    """
    from bot.talks import Talks
    from bot.terminal import chat as terminal

    settings = _load(context, articles=articles, index=index, top=top)
    if question is None and sys.stdin.isatty():
        raise typer.TyperException('Ask something, as in quoth ask "who met in Sochi?", or pipe in a question a line')
    errors = terminal.console(stderr=True)
    encoder, reader = build_encoder(settings), build_reader(settings)
    if settings.index.exists():  # else what comes first is to find out whether there is anything to index
        terminal.load_behind(encoder, reader)
    desk = Desk(
        _open(settings, encoder, reader, errors),
        _filters(source, after, before, article),
        settings.top,
        threshold=settings.confidence if explain else None,
        out=None if as_json else terminal.console(),
        errors=errors,
        talks=Talks(),
    )
    return desk.answer_all(terminal.together(sys.stdin.buffer)) if question is None else desk.answer(_whole(question))


def _whole(text: str) -> str:
    """Text from the command line without the halves of characters that undecodable bytes leave in it."""
    return text.encode("utf-8", "replace").decode()


@app.command()
def chat(  # noqa: PLR0913 - the options that the contract names
    context: typer.Context,
    *,
    top: TopOption = None,
    source: SourceOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    article: ArticleOption = None,
    explain: ExplainOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Talk with the articles: ask, and go on from the answer with /more, /context and /sources."""
    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from retrieval.index.watching import Follower, answer_promptly

    answer_promptly()
    settings = _load(context, articles=articles, index=index, top=top)
    out, errors = terminal.console(), terminal.console(stderr=True)
    filters = _filters(source, after, before, article)
    encoder, reader = build_encoder(settings), build_reader(settings)
    engine = _open(settings, encoder, reader, errors)
    for name in filters.articles:
        engine.snapshot.article(name)  # an unknown one is better refused now than at every question
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    if interactive:
        out.print(rendering.opening(engine.snapshot.articles, filters))
        out.print()
    talk = terminal.Chat(
        engine,
        filters,
        top=settings.top,
        threshold=settings.confidence if explain else None,
        out=out,
        errors=errors,
        loading=terminal.warm_up(engine) if interactive else None,
    )

    def swap(snapshot: Snapshot) -> None:
        talk.engine = _engine(settings, snapshot, encoder, reader)

    def told(error: QuothError) -> None:
        errors.print(rendering.error(error), style="yellow")

    with Follower(settings.index, engine.snapshot, swap, told):
        talk.run(terminal.typed(settings.history, errors) if interactive else terminal.piped(sys.stdin.buffer))
    return ANSWERED


@app.command("discord")
def run_bot(
    context: typer.Context,
    *,
    invite: Annotated[bool, typer.Option("--invite", help="Print the link that invites the bot, and leave.")] = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Answer in Discord until told to stop; the token is in QUOTH_DISCORD_TOKEN or DISCORD_TOKEN."""
    from bot.discord import app as discord_app
    from retrieval.index.watching import answer_promptly

    answer_promptly()
    settings = _load(context, articles=articles, index=index)
    encoder, reader = build_encoder(settings), build_reader(settings)

    def build(progress: Progress) -> tuple[Engine, Report | None]:
        engine, report = _build(settings, encoder, reader, progress)
        engine.ask("Who?")  # so that no member's question is the one that waits for the models
        return engine, report

    def follow(told: Callable[[Report | QuothError], None], stop: threading.Event) -> None:
        from retrieval.index.watching import watch

        watch(settings.articles, settings.index, encoder, told, stop)

    return discord_app.run(settings, build, follow if settings.discord_watch else None, invite=invite)


# --- keeping the articles and the index ----------------------------------------------------------------------


@app.command("index")
def update_index(
    context: typer.Context,
    *,
    force: Annotated[bool, typer.Option("--force", help="Build it anew, whatever is there.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and index what changes until Ctrl-C.")] = False,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Bring the index up to date with the articles, and say what that took."""
    settings = _load(context, articles=articles, index=index)
    encoder = build_encoder(settings)
    if not watch:
        return _update(settings, encoder, force=force, thorough=True, as_json=as_json)
    from retrieval.index.watching import make_way

    make_way()
    _update(settings, encoder, force=force, thorough=True, as_json=as_json)
    return _watch(settings, encoder, as_json=as_json)


def _watch(settings: Settings, encoder: Encoder, *, as_json: bool) -> int:
    """Index changes as they come, until Ctrl-C or SIGTERM."""
    import signal
    import threading

    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from retrieval.index.watching import watch

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    out, errors = terminal.console(), terminal.console(stderr=True)

    def told(news: Report | QuothError) -> None:
        if isinstance(news, QuothError):
            errors.print(rendering.error(news), style="yellow")
        elif as_json:
            terminal.put(rendering.report_json(news))
        else:
            out.print(rendering.report(news))

    errors.print(f"Watching {settings.articles}; Ctrl-C ends it.", style="dim")
    watch(settings.articles, settings.index, encoder, told, stop)
    return ANSWERED


def _update(
    settings: Settings, encoder: Encoder, *, force: bool = False, thorough: bool = False, as_json: bool = False
) -> int:
    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from retrieval.index.updating import update

    with terminal.progress(terminal.console(stderr=True)) as told:
        report = update(settings.articles, settings.index, encoder, force=force, thorough=thorough, progress=told)
    if as_json:
        terminal.put(rendering.report_json(report))
    else:
        terminal.console().print(rendering.report(report))
    return ANSWERED


@articles_app.callback(invoke_without_command=True)
def list_articles(
    context: typer.Context,
    *,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """List the articles, and the files that cannot be read as one."""
    if context.invoked_subcommand is not None:
        context.obj = {"articles": articles, "index": index}
        return ANSWERED
    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from retrieval.articles import care as folder
    from retrieval.errors import NoArticles

    settings = _load(context, articles=articles, index=index)
    found, skipped = folder.survey(settings.articles)
    if as_json:
        terminal.put(*map(rendering.article_json, found), *map(rendering.skipped_json, skipped))
    else:
        terminal.console().print(rendering.articles(found, skipped))
    if not found:
        raise NoArticles(settings.articles, len(skipped))
    return ANSWERED


@articles_app.command()
def show(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    *,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
) -> int:
    """Print an article's text as Quoth reads and quotes it, passage by passage with their offsets."""
    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from retrieval.articles import care as folder
    from retrieval.text.passages import cut

    article = folder.find(_load(context, articles=articles).articles, _whole(id))
    passages = cut(article.text)
    if as_json:
        terminal.put(rendering.article_text_json(article, passages))
    else:
        terminal.console().print(rendering.article(article, passages))
    return ANSWERED


@articles_app.command()
def add(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)],
    *,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What to call the text from standard input.")
    ] = None,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Copy files into the articles folder and index them; - is standard input.

    Text, Markdown, web pages, PDF, Word and JSON are read, each with its NAME.meta.yaml, if there is one. Without
    --name, what comes on standard input is Markdown, and its title becomes its name.
    """
    from retrieval.articles import care as folder

    settings = _load(context, articles=articles, index=index)
    piped = files == [Path("-")]
    if not piped and (name is not None or Path("-") in files):
        raise typer.TyperException("Give either files, or - for standard input and with it --name")
    if piped:
        _, present = folder.add_text(settings.articles, sys.stdin.buffer.read(), name)
    else:
        _, present = folder.add(settings.articles, files)
    for known in [] if as_json else present:
        typer.echo(f"{known} is there already.")
    return _update(settings, build_encoder(settings), as_json=as_json)


@articles_app.command()
def remove(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", show_default=False)],
    *,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Delete articles from the folder and the index."""
    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from retrieval.articles import care as folder
    from retrieval.errors import NoArticles

    settings = _load(context, articles=articles, index=index)
    folder.remove(settings.articles, ids)
    try:
        return _update(settings, build_encoder(settings), as_json=as_json)
    except NoArticles as error:
        # That was the last one: as asked for, and no failure.
        terminal.console(stderr=True).print(rendering.error(error))
        return ANSWERED


# --- measuring and mending -----------------------------------------------------------------------------------


@app.command("eval")
def evaluate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    *,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Questions at most.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Measure the answers on a data set: SQuAD JSON or JSON lines, plain or .gz."""
    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from retrieval.evaluation import metrics as evaluation

    settings = _load(context)
    with terminal.progress(terminal.console(stderr=True)) as told:
        figures = evaluation.evaluate(
            file,
            build_encoder(settings),
            reader=build_reader(settings),
            limit=limit,
            threshold=settings.confidence,
            progress=told,
        )
    if as_json:
        terminal.put(rendering.figures_json(figures))
    else:
        terminal.console().print(rendering.figures(figures))
    return ANSWERED


@app.command("doctor")
def examine(
    context: typer.Context,
    *,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Say what is installed, what is stale or broken, and the remedy for it.

    The exit status is 0 when all is well, 1 when something needs doing, 2 after an error.
    """
    from bot import wording as rendering
    from bot.terminal import chat as terminal
    from bot.terminal import doctor

    settings = _load(context, articles=articles, index=index)
    findings = list(doctor.examine(settings, build_encoder(settings)))
    if as_json:
        terminal.put(*map(rendering.finding_json, findings))
    else:
        terminal.console().print(rendering.findings(findings))
    return NOT_SAID if any(finding.remedy for finding in findings) else ANSWERED
