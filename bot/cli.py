"""The commands of ``quoth``: their options, and which part does the work.

Everything but typer is imported inside the commands, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_articles import articles_app
from bot.cli_eval import evaluate
from bot.cli_feeds import feeds_app
from bot.cli_gaps import gaps
from bot.cli_mcp import mcp
from bot.cli_serve import serve, serving
from bot.cli_verify import verify
from bot.terminal.ask import ANSWERED, FAILED, NOT_SAID, AnswerPrinter
from bot.terminal.commands import Commands
from bot.terminal.console import abandon_output, console, prepare_streams
from bot.terminal.failures import interrupted, sentence
from bot.terminal.opening import open_engine
from bot.terminal.options import (
    AfterOption,
    ArticleOption,
    ArticlesOption,
    BeforeOption,
    ExplainOption,
    IndexOption,
    JsonOption,
    SourceOption,
    TopOption,
    filters,
    load,
    whole,
)

if TYPE_CHECKING:
    import threading

    from bot.assembly import Opened
    from bot.discord.following import Follow
    from bot.discord.library import Fetch
    from bot.settings import Settings
    from retrieval.answer.query import Filters
    from retrieval.articles.feeds import FeedUpdate
    from retrieval.errors import QuothError
    from retrieval.index.address import Where
    from retrieval.index.changes import Progress
    from retrieval.index.protocol import Index
    from retrieval.index.updating import Report
    from retrieval.models.encoder import Encoder

_BROKEN_PIPE = 141
_INTERRUPTED = 130

# Looking for garbage once more on the way out takes a tenth of a question's time.
atexit.register(gc.freeze)

app = Commands(
    name="quoth",
    help="Answers questions about a folder of articles by quoting them.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(articles_app, name="articles")
app.add_typer(feeds_app, name="feeds")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (by default the program's own) and return its exit status; every error ends here."""
    prepare_streams()
    try:
        status = app(args=arguments, prog_name="quoth", standalone_mode=False) or ANSWERED
        sys.stdout.flush()
    except (SystemExit, BrokenPipeError):
        # Commands return their status: only a reader that went away leads here, as in `quoth ask | head -1`.
        abandon_output()
        return _BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the contract: never a traceback
        if interrupted(error):
            return _INTERRUPTED
        if isinstance(error, OSError):
            abandon_output()
        with suppress(OSError):
            sys.stderr.write(f"quoth: {sentence(error)}\n")
        return FAILED
    return status


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
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", show_default=False, help="In quotation marks.")
    ] = None,
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
    """Answer QUESTION or, without it or for -, one question a line from standard input.

    The exit status is 0 when the articles answer, 1 when they do not say, 2 after an error.
    """
    settings = load(context, articles=articles, index=index, top=top)
    if question is None and sys.stdin.isatty():
        raise typer.TyperException('Ask something, as in quoth ask "who met in Sochi?", or pipe in a question a line')
    printer = _printer(settings, filters(source, after, before, article), explain=explain, as_json=as_json)
    if question is None or question == "-":
        from bot.terminal import prompt

        return printer.answer_all(prompt.batches(sys.stdin.buffer))
    return printer.answer(whole(question))


def _printer(settings: Settings, filters: Filters, *, explain: bool, as_json: bool) -> AnswerPrinter:
    from bot.assembly import Assembly
    from bot.terminal.progress import load_model

    errors = console(stderr=True)
    # Without an index, what comes first is to find out whether there is anything to index.
    there = not isinstance(settings.index, Path) or settings.index.exists()
    assembly = Assembly.of(settings, load_model) if there else Assembly.of(settings)
    # Imported only now, while the models are loaded.
    from bot.talks import Talks

    return AnswerPrinter(
        open_engine(assembly.open, errors),
        filters,
        settings.top,
        threshold=settings.confidence if explain else None,
        out=None if as_json else console(),
        errors=errors,
        talks=Talks(),
        server=settings.address,
    )


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
    from retrieval.index.watching import answer_promptly

    answer_promptly()
    settings = load(context, articles=articles, index=index, top=top)
    _converse(settings, filters(source, after, before, article), explain=explain)
    return ANSWERED


def _converse(settings: Settings, filters: Filters, *, explain: bool) -> None:
    from bot.assembly import Assembly
    from bot.error_wording import in_words
    from bot.terminal import progress, prompt, rendering
    from bot.terminal.chat import COMMANDS, Chat
    from retrieval.index.watching import Follower

    out, errors = console(), console(stderr=True)
    assembly = Assembly.of(settings)
    engine = open_engine(assembly.open, errors)
    for name in filters.articles:
        engine.index.article(name)  # an unknown one is better refused now than at every question
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    if interactive:
        out.print(rendering.opening(engine.index.articles, filters))
        out.print()
    chat = Chat(
        engine,
        filters,
        top=settings.top,
        threshold=settings.confidence if explain else None,
        out=out,
        errors=errors,
        loading=progress.warm_up(engine) if interactive else None,
        server=settings.address,
    )

    def swap(newer: Index) -> None:
        chat.engine = assembly.engine(newer)

    def told(error: QuothError) -> None:
        errors.print(in_words(error), style="yellow")

    lines = prompt.typed(settings.history, COMMANDS, errors) if interactive else prompt.piped(sys.stdin.buffer)
    with Follower(settings.index, engine.index, swap, told):
        chat.run(lines)


@app.command("discord")
def run_bot(
    context: typer.Context,
    *,
    invite: Annotated[bool, typer.Option("--invite", help="Print the link that invites the bot, and leave.")] = False,
    serves: Annotated[bool, typer.Option("--serve", help="Serve a page beside it, as quoth serve does.")] = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Answer in Discord until told to stop; the token is in QUOTH_DISCORD_TOKEN or DISCORD_TOKEN."""
    from retrieval.models.threads import few_arenas

    few_arenas()  # before numpy starts a thread

    from bot.assembly import Assembly
    from bot.discord import app as discord_app
    from retrieval.index.watching import answer_promptly

    answer_promptly()
    settings = load(context, articles=articles, index=index)
    assembly = Assembly.of(settings)

    def build(articles: Path, index: Where, progress: Progress) -> Opened:
        opened = assembly.over(articles, index).open_up_to_date(progress)
        opened.engine.ask("Who?")  # so that no member's question is the one that waits for the models
        return opened

    def watch(articles: Path, index: Where, told: Callable[[Report | QuothError], None], stop: threading.Event) -> None:
        from retrieval.index import watching

        if assembly.over(articles, index).settings.index_only:
            stop.wait()
        else:
            watching.watch(articles, index, assembly.encoder, told, stop)

    follow, fetch = _from_the_web(settings)
    watched = watch if settings.discord_watch else None
    beside = serving().beside(settings) if serves and not invite else None
    return discord_app.run(settings, build, watched, follow=follow, fetch=fetch, invite=invite, beside=beside)


def _from_the_web(settings: Settings) -> tuple[Follow | None, Fetch | None]:
    """What updates the feeds beside the bot and what fetches pages for it, each if it is switched on."""
    if not (settings.discord_feeds or settings.discord_fetch):
        return None, None
    from bot.terminal.fetching import fetcher
    from retrieval.articles import feed_schedule

    one = fetcher(settings)

    def follow(articles: Path, told: Callable[[FeedUpdate | QuothError], None], stop: threading.Event) -> None:
        feed_schedule.keep_up(articles, one, settings.feeds_every * 60, told, stop)

    return follow if settings.discord_feeds else None, one.fetch if settings.discord_fetch else None


app.command("serve")(serve)
app.command("mcp")(mcp)
app.command("verify")(verify)


# --- keeping the articles and the index ----------------------------------------------------------------------


@app.command("index")
def update_index(
    context: typer.Context,
    *,
    force: Annotated[bool, typer.Option("--force", help="Build it anew, whatever is there.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and index what changes until Ctrl-C.")] = False,
    vectors: Annotated[
        Path | None,
        typer.Option("--vectors-from", metavar="DIR", help="Take vectors over from the index in this folder."),
    ] = None,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Bring the index up to date with the articles, and say what that took."""
    from bot import assembly
    from bot.terminal import indexing
    from retrieval.index.watching import make_way

    settings = load(context, articles=articles, index=index)
    encoder: Encoder = assembly.build_encoder(settings)
    carried = assembly.carrying(encoder, vectors) if vectors else None
    if watch:
        make_way()
    places = settings.articles, settings.index
    indexing.update(*places, carried or encoder, force=force, thorough=True, wait_s=0.0, as_json=as_json)
    if carried:
        console(stderr=True).print(f"The vectors of {carried.carried:,} of them were taken over from {vectors}.")
    if watch:
        indexing.watch(settings.articles, settings.index, encoder, as_json=as_json)
    return ANSWERED


# --- measuring and mending -----------------------------------------------------------------------------------


app.command("eval")(evaluate)
app.command("gaps")(gaps)


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
    from bot import assembly
    from bot.terminal import doctor, json_output, tables

    settings = load(context, articles=articles, index=index)
    findings = list(doctor.examine(settings, assembly.build_encoder(settings)))
    if as_json:
        json_output.put(*map(json_output.finding_json, findings))
    else:
        console().print(tables.findings(findings))
    return NOT_SAID if any(finding.remedy for finding in findings) else ANSWERED
