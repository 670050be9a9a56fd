"""The commands of ``quoth articles``: list, show, add and remove articles.

Everything but typer is imported inside the commands, so that ``quoth --help`` is instant.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.terminal.ask import ANSWERED
from bot.terminal.commands import Commands
from bot.terminal.console import console
from bot.terminal.options import ArticlesOption, IndexOption, JsonOption, load, whole

articles_app = Commands(help="List the articles; show, add and remove them.")


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
    from bot import contract
    from bot.terminal import json_output, tables
    from retrieval.articles import care as folder
    from retrieval.errors import NoArticles

    settings = load(context, articles=articles, index=index)
    found, skipped = folder.survey(settings.articles)
    if as_json:
        json_output.put(*map(contract.article_json, found), *map(contract.skipped_json, skipped))
    else:
        console().print(tables.articles(found, skipped))
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
    from bot import contract
    from bot.terminal import json_output, tables
    from retrieval.articles import care as folder
    from retrieval.text.passages import cut

    article = folder.find(load(context, articles=articles).articles, whole(id))
    passages = cut(article.text)
    if as_json:
        json_output.put(contract.article_text_json(article, passages))
    else:
        console().print(tables.article(article, passages))
    return ANSWERED


@articles_app.command()
def add(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", show_default=False)],
    *,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What to call the text from standard input.")
    ] = None,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Copy files into the articles folder and index them; - is standard input, and https://… a page to fetch.

    Text, web pages, PDF, office files, e-mail, JSON and more are read, each with its NAME.meta.yaml, if there is one.
    Without --name, what comes on standard input is Markdown, and its title becomes its name. A page that was fetched
    before is fetched anew.
    """
    from bot import assembly
    from bot.terminal import fetching, indexing
    from retrieval.articles import care as folder

    settings = load(context, articles=articles, index=index)
    piped = files == ["-"]
    if not piped and (name is not None or "-" in files):
        raise typer.TyperException("Give either files, or - for standard input and with it --name")
    if piped:
        _, present = folder.add_text(settings.articles, sys.stdin.buffer.read(), name)
    else:
        addresses = [each for each in files if fetching.is_address(each)]
        pages = fetching.fetch(settings, addresses)
        _, present = folder.add(settings.articles, [Path(each) for each in files if each not in addresses])
        folder.add_fetched(settings.articles, pages)
    for known in [] if as_json else present:
        typer.echo(f"{known} is there already.")
    indexing.update(settings.articles, settings.index, assembly.build_encoder(settings), as_json=as_json)
    return ANSWERED


@articles_app.command()
def remove(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID", show_default=False)],
    *,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
    index: IndexOption = None,
) -> int:
    """Delete articles from the folder and the index."""
    from bot import assembly
    from bot.error_wording import in_words
    from bot.terminal import indexing
    from retrieval.articles import care as folder
    from retrieval.errors import NoArticles

    settings = load(context, articles=articles, index=index)
    folder.remove(settings.articles, ids)
    try:
        indexing.update(settings.articles, settings.index, assembly.build_encoder(settings), as_json=as_json)
    except NoArticles as error:
        # That was the last one: as asked for, and no failure.
        console(stderr=True).print(in_words(error))
    return ANSWERED
