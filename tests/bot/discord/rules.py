"""The published rules that every body the bot sends is held to."""

from __future__ import annotations

from collections.abc import Iterable

from tests.bot.discord.objects import Json

COMPONENTS_V2, TEXT = 1 << 15, 10
"""The flag of messages that are made of components alone, and the type of those that are text."""


def broken_rules(method: str, path: str, body: Json) -> list[str]:
    """Which published rules a request breaks."""
    parts = path.strip("/").split("/")
    if method == "PUT" and parts[-1] == "commands":
        return [fault for command in body for fault in _command(command)]
    if parts[0] == "interactions" and parts[-1] == "callback":
        kinds = {4, 5, 6, 7, 8}
        faults = [] if body.get("type") in kinds else [f"callback of type {body.get('type')!r}"]
        kind = body.get("type")
        return faults + (_message(body.get("data") or {}, new=kind == 4) if kind in {4, 7} else [])
    if method in {"POST", "PATCH"} and "messages" in parts:
        return _message(body, new=method == "POST")
    return []


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _text(name: str, value: Json, limit: int, *, least: int = 0) -> list[str]:
    if not isinstance(value, str):
        return [f"{name} is no string"]
    return [] if least <= units(value) <= limit else [f"{name} has {units(value)} characters of {least} to {limit}"]


def _message(body: Json, *, new: bool) -> list[str]:
    faults = []
    if (body.get("flags") or 0) & COMPONENTS_V2:
        return _components(body) + _mentions(body, new=new)
    content, embeds, rows = body.get("content"), body.get("embeds") or [], body.get("components") or []
    if content is not None:
        faults += _text("content", content, 2000)
    if new and not (content or embeds):
        faults.append("an empty message")
    if len(embeds) > 10:
        faults.append("more than 10 embeds")
    faults += [fault for embed in embeds for fault in _embed(embed)]
    if sum(_embed_size(embed) for embed in embeds) > 6000:
        faults.append("embeds of more than 6000 characters")
    if len(rows) > 5:
        faults.append("more than 5 rows")
    faults += [fault for row in rows for fault in _row(row)]
    ids = [item.get("custom_id") for row in rows for item in row.get("components", [])]
    if len(ids) != len(set(ids)):
        faults.append("two components with one id")
    faults += _mentions(body, new=new) if content or embeds else []
    if body.get("nonce") is not None:
        faults += _text("nonce", str(body["nonce"]), 25)
    return faults


def _mentions(body: Json, *, new: bool) -> list[str]:
    off = body.get("allowed_mentions") == {"parse": []}
    return [] if off or not new else [f"mentions are not off: {body.get('allowed_mentions')!r}"]


def _components(body: Json) -> list[str]:
    """What is wrong with a message that is made of components."""
    faults = ["a message of components with content"] if body.get("content") or body.get("embeds") else []
    found = list(walk(body.get("components") or []))
    faults += [] if 1 <= len(found) <= 40 else [f"{len(found)} components"]
    faults += _text("all text", "".join(each["content"] for each in found if each["type"] == TEXT), 4000, least=1)
    for each in found:
        match each["type"]:
            case 1:
                faults += _row(each)
            case 2 if each.get("style") == 5:
                faults += _text("url", each.get("url"), 512, least=1)
            case 9:
                texts = [inner["type"] for inner in each["components"]]
                faults += [] if set(texts) == {TEXT} and len(texts) <= 3 and "accessory" in each else ["a section"]
            case 17:
                faults += [] if each["components"] else ["an empty container"]
            case 2 | 10 | 14:
                pass
            case kind:
                faults.append(f"a component of type {kind}")
    ids = [each["custom_id"] for each in found if "custom_id" in each]
    return faults + (["two components with one id"] if len(ids) != len(set(ids)) else [])


def walk(components: Json) -> Iterable[Json]:
    """All components, those within others too."""
    for each in components:
        yield each
        yield from walk(each.get("components") or [])
        yield from walk([each["accessory"]] if each.get("accessory") else [])


def _embed(embed: Json) -> list[str]:
    faults = _text("description", embed["description"], 4096, least=1) if "description" in embed else []
    faults += _text("author", embed["author"].get("name"), 256, least=1) if "author" in embed else []
    known = {"title", "type", "description", "url", "timestamp", "color", "footer", "author", "fields", "flags"}
    return faults + [f"an embed's {name}" for name in set(embed) - known]


def _embed_size(embed: Json) -> int:
    return units(embed.get("description", "")) + units(embed.get("author", {}).get("name", ""))


def _row(row: Json) -> list[str]:
    items = row.get("components", [])
    faults = [] if row.get("type") == 1 and 1 <= len(items) <= 5 else ["a row that is none"]
    for item in items:
        if item.get("type") == 2 and item.get("style") == 5 and "custom_id" not in item:
            faults += _text("url", item.get("url"), 512, least=1) + _text("label", item.get("label"), 80, least=1)
            continue
        if item.get("type") != 2 or item.get("style") not in {1, 2, 3, 4}:
            faults.append(f"a button of type {item.get('type')} and style {item.get('style')}")
        faults += _text("custom_id", item.get("custom_id"), 100, least=1)
        faults += _text("label", item["label"], 80) if item.get("label") is not None else []
        if not (item.get("label") or item.get("emoji")):
            faults.append("a button that shows nothing")
    return faults


def _command(command: Json) -> list[str]:
    faults = _text("a command's name", command.get("name"), 32, least=1)
    if command.get("type", 1) == 1:
        faults += _described(command)
    return faults


def _described(option: Json) -> Iterable[str]:
    yield from _text("a description", option.get("description"), 100, least=1)
    for name in (option["name"], *(option.get("name_localizations") or {}).values()):
        yield from _text("a name", name, 32, least=1)
        if name != name.lower() or " " in name:
            yield f"a name in capitals or with a space, {name}"
    for words in (option.get("description_localizations") or {}).values():
        yield from _text("a description", words, 100, least=1)
    options = option.get("options") or []
    if len(options) > 25:
        yield "more than 25 options"
    required = [inner.get("required", False) for inner in options if inner["type"] > 2]
    if required != sorted(required, reverse=True):
        yield "an option that is required behind one that is not"
    for inner in options:
        yield from _described(inner)
        if inner.get("max_length", 1) > 6000:
            yield "a max_length over 6000"
