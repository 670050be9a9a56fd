"""Groups of commands with a help for newcomers: typer's own says ``<bool>`` where nothing is to be typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Commands(typer.Typer):
    """A group of commands; ``-h`` shows their help as ``--help`` does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(cls=_Group, context_settings={"help_option_names": ["--help", "-h"]}, **options)

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Make a command of the function that this decorates."""
        return super().command(name, cls=_Command, **options)


class _Group(TyperGroup):
    def get_params(self, ctx: Any) -> list[Any]:
        return _plain(super().get_params(ctx))


class _Command(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return _plain(super().get_params(ctx))


def _plain(parameters: list[Any]) -> list[Any]:
    """The parameters, with no type named behind those that take no value."""
    for each in parameters:
        if getattr(each, "is_flag", False):
            each.metavar = ""
    return parameters
