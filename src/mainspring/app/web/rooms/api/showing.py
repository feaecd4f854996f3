"""The API, operation by operation: what each takes, what it needs, and how it is asked for."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape
from starlette.responses import Response

from mainspring.app.accounts import Role, Way
from mainspring.app.api.openapi import document
from mainspring.app.api.subjects import SUBJECTS
from mainspring.app.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of an operation: its name, its type in words, where it goes, and what is said of it."""

    name: str
    kind: str
    place: str
    needed: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An operation as the page shows it."""

    name: str
    method: str
    path: str
    role: str
    summary: str
    details: Sequence[str]
    command: str
    arguments: Sequence[Argument]
    curl: str


def shown(visit: Visit) -> Response:
    """All operations, by subject."""
    base = visit.origin + visit.renderer.url("/api")
    with_token = visit.desk.caller.way is not Way.LOCAL
    found = visit.desk.shared.remembered(("api page", base, with_token), "", lambda: _all(base, with_token))
    groups = [
        (name, list(several)) for name, several in groupby(found, key=lambda one: one.name.partition(".")[0])
    ]
    return visit.render(
        "api/operations.html.j2",
        room="api",
        groups=groups,
        count=len(found),
        base=base,
        roles=[role.value for role in Role],
        with_token=with_token,
        marked=marked,
    )


def _all(base: str, with_token: bool) -> Sequence[Shown]:
    operations = [one for subject in SUBJECTS for one in subject.operations.values()]
    told = document(operations)
    details = {one.name: one.details for one in operations}
    named = told["components"]["schemas"]
    found = [
        _shown(path, method, one, details[one["operationId"]], named, base, with_token)
        for path, methods in told["paths"].items()
        for method, one in methods.items()
    ]
    return sorted(found, key=lambda one: (_subject(one), one.method != "GET", one.name))


def _shown(
    path: str,
    method: str,
    one: Mapping[str, Any],
    details: str,
    named: Mapping[str, Any],
    base: str,
    with_token: bool,
) -> Shown:
    arguments = [
        Argument(
            name=given["name"],
            kind=_kind(given["schema"], named),
            place={"path": "in the path", "query": "behind the ?"}[given["in"]],
            needed=given["required"],
            words=given["schema"].get("description", ""),
        )
        for given in one.get("parameters", ())
    ]
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    needed = body.get("required", ())
    arguments += [
        Argument(
            name=name,
            kind=_kind(schema, named),
            place="in the body",
            needed=name in needed,
            words=schema.get("description", ""),
        )
        for name, schema in body.get("properties", {}).items()
    ]
    return Shown(
        name=one["operationId"],
        method=method.upper(),
        path=path,
        role=one["x-role"],
        summary=one["summary"],
        details=[" ".join(part.split()) for part in details.split("\n\n") if part.strip()],
        command=one.get("x-command", ""),
        arguments=arguments,
        curl=_curl(base, method.upper(), path, arguments, with_token),
    )


def _subject(one: Shown) -> str:
    return one.name.partition(".")[0]


def _curl(base: str, method: str, path: str, arguments: Sequence[Argument], with_token: bool) -> str:
    words = ["curl", *([] if method == "GET" else ["-X", method])]
    shown_token = ' -H "Authorization: Bearer $TOKEN"' if with_token else ""
    needed = [one for one in arguments if one.needed]
    query = "&".join(f"{one.name}={_example(one)}" for one in needed if one.place == "behind the ?")
    within = {one.name: str(_example(one)) for one in arguments if one.place == "in the path"}
    address = base + "/".join(quote(within.get(part.strip("{}"), part)) for part in path.split("/"))
    body = {one.name: _example(one) for one in needed if one.place == "in the body"}
    typed = shlex.join([address + (f"?{query}" if query else "")])
    sent = "" if method == "GET" else f" --json {shlex.quote(json.dumps(body, ensure_ascii=False))}"
    return f"{' '.join(words)}{shown_token}{sent} {typed}"


def _example(one: Argument) -> Any:
    """Something of an argument's type: its name as a word to be replaced, or the first thing that it may be."""
    kind = one.kind.split(" or ")[0]
    plain = {"number": 1, "whole number": 1, "yes or no": True, "object": {}, "text": one.name.upper()}
    if kind in plain:
        return plain[kind]
    return [] if kind.startswith("list") else kind.split(" | ")[0] if " | " in kind else one.name.upper()


def marked(text: str) -> Markup:
    """A text of docstrings, with what stands in backticks as code.

    Example:
        >>> marked("`team=<x>` and ``None``")
        Markup('<code>team=&lt;x&gt;</code> and <code>None</code>')
    """
    parts = re.split(r"(``?)(.+?)\1", text)
    plain, code = parts[::3], [*parts[2::3], None]
    return Markup().join(
        escape(words) + (Markup("<code>{}</code>").format(each) if each is not None else "")
        for words, each in zip(plain, code, strict=True)
    )


def _kind(schema: Mapping[str, Any], named: Mapping[str, Any]) -> str:
    """A type in words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _kind(named[name], named) if name in named and "enum" in named[name] else name
    if "enum" in schema:
        return " | ".join(str(one) or '""' for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one, named) for one in schema["anyOf"]))
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}), named)}"
    words = {"string": "text", "integer": "whole number", "boolean": "yes or no", "null": "null"}
    return words.get(str(kind), str(kind or "anything"))
