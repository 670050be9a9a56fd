"""The commands of ``quoth feeds``: list, add, remove and update the feeds that the articles follow.

Everything but typer is imported inside the commands, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal.ask import ANSWERED, FAILED
from bot.terminal.commands import Commands
from bot.terminal.options import ArticlesOption, IndexOption, JsonOption, load

if TYPE_CHECKING:
    from retrieval.articles.feed_list import Pages

feeds_app = Commands(help="Follow feeds (RSS, Atom, JSON Feed) and sitemaps: list, add, remove and update them.")

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", show_default=False)]


@feeds_app.callback(invoke_without_command=True)
def list_feeds(
    context: typer.Context,
    *,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
) -> int:
    """List the feeds, when each came last, and what keeps it from coming."""
    context.obj = {"articles": articles}
    if context.invoked_subcommand is not None:
        return ANSWERED
    return _list(context, as_json=as_json)


@feeds_app.command("list")
def list_again(context: typer.Context, *, as_json: JsonOption = False, articles: ArticlesOption = None) -> int:
    """List the feeds, as quoth feeds without a command does."""
    context.obj = {**(context.obj or {}), **({"articles": articles} if articles else {})}
    return _list(context, as_json=as_json)


def _list(context: typer.Context, *, as_json: bool) -> int:
    from bot.terminal import feeds
    from retrieval.articles.feed_list import FeedList

    feeds.print_list(FeedList(load(context, articles=None).articles).all(), as_json=as_json)
    return ANSWERED


@feeds_app.command()
def add(  # noqa: PLR0913 - how a feed can be followed
    context: typer.Context,
    address: AddressArgument,
    *,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, max=1000, help="Keep the newest N.")] = 50,
    days: Annotated[
        int | None, typer.Option("--days", metavar="D", min=1, max=36_500, help="Keep none older than D days.")
    ] = None,
    every: Annotated[
        int | None, typer.Option("--every", metavar="M", min=1, max=43_200, help="Update it every M minutes.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Fetch the page behind every link.")] = False,
    feed_only: Annotated[bool, typer.Option("--feed-only", help="Fetch no page behind a link.")] = False,
    remove_withdrawn: Annotated[
        bool, typer.Option("--remove-withdrawn", help="Remove articles that the feed withdraws.")
    ] = False,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Follow the feed at ADDRESS (RSS, Atom, JSON Feed, a page that links to one, a sitemap), now and with each update.

    Its entries become articles: the text in the feed or, where it has none, the page behind the link.
    """
    from bot import assembly
    from bot.terminal import feeds
    from bot.terminal.fetching import fetcher
    from retrieval.articles.feeds import Wanted, follow

    if full and feed_only:
        raise typer.TyperException("Give either --full or --feed-only")
    settings = load(context, articles=articles, index=index)
    pages: Pages = "always" if full else "never" if feed_only else "missing"
    wanted = Wanted(most, days, pages, remove_withdrawn, None if every is None else every * 60.0)
    bar = feeds.Bar()
    with bar.shown():
        update = follow(settings.articles, address, fetcher(settings), wanted, bar)
    feeds.print_updates([update], settings, assembly.build_encoder, as_json=as_json)
    return ANSWERED


@feeds_app.command()
def remove(context: typer.Context, address: AddressArgument, *, articles: ArticlesOption = None) -> int:
    """Follow the feed at ADDRESS no longer; the articles that it brought stay."""
    from bot.terminal.console import console
    from bot.wording import line
    from retrieval.articles.feed_list import FeedList

    FeedList(load(context, articles=articles).articles).remove(address)
    console().print(f"Followed no longer: {line(address)}.", markup=False, highlight=False, soft_wrap=True)
    return ANSWERED


@feeds_app.command()
def update(
    context: typer.Context,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and update each when it is due until Ctrl-C.")] = False,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Fetch what is new in the feeds and index it; the exit status is 2 when one of them did not come."""
    from bot import assembly
    from bot.terminal import feeds
    from bot.terminal.fetching import fetcher
    from retrieval.articles.feeds import update_all

    settings = load(context, articles=articles, index=index)
    if watch:
        feeds.watch(settings, fetcher(settings), assembly.build_encoder(settings), as_json=as_json)
        return ANSWERED
    bar = feeds.Bar()
    updates = update_all(settings.articles, fetcher(settings), progress=bar)
    came = feeds.print_updates(bar.beside(updates), settings, assembly.build_encoder, as_json=as_json)
    return ANSWERED if came else FAILED
