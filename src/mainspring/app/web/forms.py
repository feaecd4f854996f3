"""Sends forms to operations: with a script or without one, and back to the page they came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mainspring.app.api.door import encoded, received
from mainspring.app.api.openapi import arguments_in
from mainspring.app.api.operation import Operation
from mainspring.app.api.performing import perform
from mainspring.app.web.visit import TOLD, Visit
from mainspring.core.errors import InputError

SEAL: Final = "-seal"
THEN: Final = "-then"
"""The field with the page to go to; names in braces are taken from the answer."""


async def read(request: Request) -> list[tuple[str, str]]:
    """The fields of a form.

    Raises:
        InputError: If it is none, or too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise InputError(f"the form is {kind or 'of no type'!r}", expected="application/x-www-form-urlencoded")
    raw = await received(request)
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=10_000)
    except ValueError as error:
        raise InputError(f"the form cannot be read: {error}") from error


async def typed(request: Request) -> list[tuple[str, str]]:
    """The fields of a form of somebody who is not signed in; none of a large one, which anybody could send."""
    length = request.headers.get("content-length", "")
    small = length.isascii() and length.isdigit() and len(length) <= 6
    person = "text/html" in request.headers.get("accept", "")
    return await read(request) if small and person else []


def is_typed(name: str, value: str, asked: Operation) -> bool:
    """Whether a field is something that was filled in, and may be shown again."""
    apart = {*asked.secrets, *arguments_in(asked.path)}
    return bool(value.strip()) and not name.startswith("-") and name not in apart


def given_by(fields: list[tuple[str, str]], asked: Operation) -> dict[str, Any]:
    """The arguments that a form gives.

    Fields whose names begin with ``-`` are not arguments. ``parameters.depth`` is ``depth`` of the mapping
    ``parameters``; a field of a list's name is one of its items. An empty field is left out where the argument has
    a default, and so are empty items.

    Example:
        >>> from mainspring.app.api.operation import of, operation
        >>> @operation("runs.start", "POST", "/runs")
        ... def start(desk, name: str = "", parameters: dict[str, str] = {}, only: list[str] = []) -> None:
        ...     "Start a run."
        >>> given_by([("-seal", "x"), ("name", ""), ("parameters.depth", "3"), ("only", "train")], of(start))
        {'parameters': {'depth': '3'}, 'only': ['train']}
    """
    known = {field.name: field for field in msgspec.structs.fields(asked.inputs)}
    given: dict[str, Any] = {}
    for name, value in fields:
        if name.startswith("-"):
            continue
        outer, _, inner = name.partition(".")
        if inner and outer in known:
            given.setdefault(outer, {})[inner] = value
        elif name in known and _is_list(known[name].type):
            given.setdefault(name, [])
            given[name] += [value] if value else []
        elif value or name not in known or known[name].required:
            given[name] = value
    return given


def _is_list(kind: Any) -> bool:
    made = msgspec.inspect.type_info(kind)
    made = made.type if isinstance(made, msgspec.inspect.Metadata) else made
    return isinstance(made, (msgspec.inspect.ListType, msgspec.inspect.VarTupleType))


def act(visit: Visit, asked: Operation, fields: list[tuple[str, str]]) -> Response:
    """Do what a form asks for, and go on to the page that it names.

    A script that sends ``accept: application/json`` gets the answer and what is told; errors are raised for both.
    """
    named = dict(fields)
    given = given_by(fields, asked)
    answer = perform(visit.desk, asked, given)
    words = {**given, **_plain(answer)}
    then = _inside(filled(named.get(THEN, "") or "/", words, quoted=True))
    told = filled(asked.done, words)
    if "application/json" in visit.request.headers.get("accept", ""):
        shown = {"told": told, "then": visit.renderer.url(then), "answer": answer}
        return Response(encoded(shown), media_type="application/json", headers={"cache-control": "no-store"})
    response = RedirectResponse(visit.renderer.url(then), status_code=303)
    if told:
        signed, path = visit.renderer.seals.sign(told), visit.renderer.url("") or "/"
        response.set_cookie(
            TOLD, signed, max_age=60, path=path, secure=visit.secure, httponly=True, samesite="lax"
        )
    return response


def filled(sentence: str, words: Mapping[str, Any], *, quoted: bool = False) -> str:
    """A sentence with the names in braces replaced; what is not known is left out.

    Example:
        >>> filled("{run} is cancelled", {"run": "census-1"}), filled("/runs/{run}", {"run": "a b"}, quoted=True)
        ('census-1 is cancelled', '/runs/a%20b')
    """

    def word(found: re.Match[str]) -> str:
        text = str(words.get(found[1], ""))
        return quote(text, safe="@:") if quoted else text

    return re.sub(r"\{(\w+)\}", word, sentence)


def _plain(answer: Any) -> Mapping[str, Any]:
    plain = msgspec.json.decode(encoded(answer))
    return plain if isinstance(plain, dict) else {}


def _inside(path: str) -> str:
    """A page of this console: nobody is sent elsewhere."""
    odd = any(ord(letter) < 33 for letter in path)  # browsers pass over some of them: what follows may be a host
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and not odd else "/"
