"""The description of the JSON interface, in OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from bot.web import shapes
from bot.web.problems import KINDS

if TYPE_CHECKING:
    from pydantic import BaseModel

_SHAPES: tuple[type[BaseModel], ...] = (
    shapes.Answer,
    shapes.LinkedQuote,
    shapes.ArticleList,
    shapes.ArticleText,
    shapes.Question,
    shapes.Health,
    shapes.Problem,
)


@cache
def document() -> Mapping[str, Any]:
    """The whole description."""
    references, schemas = models_json_schema(
        [(shape, "validation") for shape in _SHAPES], ref_template="#/components/schemas/{model}"
    )
    of = {shape: references[shape, "validation"] for shape in _SHAPES}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quoth",
            "version": "1",
            "description": "Answers questions about articles by quoting them, word for word. Fields may be added; none "
            "of these changes its meaning.",
        },
        "paths": _paths(of),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "Any name, with the token as password."},
            },
        },
        "security": [{}, {"bearer": []}, {"basic": []}],
    }


def _paths(of: Mapping[type[BaseModel], Any]) -> dict[str, Any]:
    ask = _operation("Ask a question", of, shapes.Answer, 400, 404, 413, 415, 422, 429, 503)
    ask["requestBody"] = {"required": True, "content": {"application/json": {"schema": of[shapes.Question]}}}
    listing = _operation("List the articles", of, shapes.ArticleList, 422, 503)
    listing["parameters"] = _query_parameters()
    reading = _operation("Read an article", of, shapes.ArticleText, 404, 503)
    reading["parameters"] = [
        {"name": "id", "in": "path", "required": True, "description": "May hold slashes.", "schema": {"type": "string"}}
    ]
    tracing = _operation("Say what became of a quote, by its link", of, shapes.LinkedQuote, 404, 429, 503)
    tracing["parameters"] = [
        {
            "name": "link",
            "in": "path",
            "required": True,
            "description": "The last part of a quote's link.",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
        }
    ]
    figures = _operation("Figures for Prometheus", of, None)
    figures["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    health = _operation("Whether questions are answered: 503 when not", of, shapes.Health)
    health["responses"]["503"] = health["responses"]["200"]
    return {
        "/ask": {"post": ask},
        "/articles": {"get": listing},
        "/articles/{id}": {"get": reading},
        "/quotes/{link}": {"get": tracing},
        "/health": {"get": health},
        "/health/alive": {"get": _operation("Whether the server runs", of, shapes.Health)},
        "/metrics": {"get": figures},
    }


def _operation(
    summary: str, of: Mapping[type[BaseModel], Any], gives: type[BaseModel] | None, *problems: int
) -> dict[str, Any]:
    content = {"application/json": {"schema": of[gives]}} if gives else {}
    problem = {"application/problem+json": {"schema": of[shapes.Problem]}}
    refused = {
        str(status): {
            "description": "; ".join(title for known, title in KINDS.values() if known == status),
            "content": problem,
        }
        for status in (*problems, 401, 421)
    }
    for status in {"429", "503"} & refused.keys():
        seconds = {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}
        refused[status]["headers"] = {"Retry-After": seconds}
    answered = {"200": {"description": "As asked for.", "content": content}}
    other = {"default": {"description": "Another problem.", "content": problem}}
    return {"summary": summary, "responses": answered | refused | other}


def _query_parameters() -> list[dict[str, Any]]:
    fields = shapes.ListQuery.model_json_schema()["properties"]
    return [
        {"name": name, "in": "query", "required": False, "description": schema.pop("description"), "schema": schema}
        for name, schema in fields.items()
    ]
