"""The OpenAPI document of a console, made of its operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

import mainspring
from mainspring.app.api.operation import Operation
from mainspring.app.api.vocabulary import meaning

_REFERENCE: Final = "#/components/schemas/"
_NOT_TOLD: Final = {"mainspring", "app", "api", "subjects", "nouns"}
"""Modules whose names tell nobody anything."""

_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "found"],
            "properties": {
                "code": {"type": "string", "description": "What kind of error it is, in one word."},
                "found": {"type": "string", "description": "What is wrong, as a sentence."},
                "expected": {"type": ["string", "null"], "description": "What was expected instead."},
                "where": {"type": ["string", "null"], "description": "The place: an operation, a file, a line."},
                "fix": {"type": ["string", "null"], "description": "What to do next."},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "What is wrong with each of several things that were filled in.",
                },
            },
        }
    },
}
_PROBLEMS: Final = {
    "400": "An argument is missing, unknown, or wrong.",
    "401": "Nobody is signed in.",
    "403": "The caller's role does not allow it, or the request comes from another site.",
    "404": "There is no such thing.",
    "409": "It exists already, is not in a state that allows it, or somebody else was quicker.",
    "429": "There were too many wrong passwords.",
    "503": "Something that is needed does not answer.",
}


def document(operations: Iterable[Operation], *, root: str = "") -> Mapping[str, Any]:
    """An OpenAPI 3.1 document.

    Args:
        operations: What can be asked for.
        root: The prefix under which a proxy shows the console.
    """
    listed = sorted(operations, key=lambda one: (one.path, one.method))
    types = [one.inputs for one in listed] + [one.answer for one in listed if one.answer is not Any]
    schemas, named = msgspec.json.schema_components(types, ref_template=_REFERENCE + "{name}")
    inputs = dict(zip([one.name for one in listed], schemas, strict=False))
    answers = dict(zip([one.name for one in listed if one.answer is not Any], schemas[len(listed) :], strict=True))
    paths: dict[str, Any] = {}
    for one in listed:
        given = _resolved(inputs[one.name], named)
        answer = _as_sent(answers.get(one.name, {}))
        paths.setdefault(plain_path(one.path), {})[one.method.lower()] = _described(one, given, answer)
    used = {one.inputs.__name__ for one in listed}
    short = _short_names(name for name in named if name not in used)
    kept = {
        name: {**_as_sent(one), **({"title": short.get(name, name)} if "title" in one else {})}
        for name, one in named.items()
        if name not in used
    }
    made: Mapping[str, Any] = _tidied(_whole(listed, paths, kept, root), short)
    return made


def _whole(
    listed: Sequence[Operation], paths: Mapping[str, Any], named: Mapping[str, Any], root: str
) -> Mapping[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mainspring",
            "version": mainspring.__version__,
            "description": "All that the console does, with the same names as in Python and in a terminal.",
        },
        "servers": [{"url": f"{root}/api"}],
        "security": [{"token": []}, {"session": []}, {}],
        "tags": [{"name": name} for name in sorted({one.name.partition(".")[0] for one in listed})],
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR, **named},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "mainspring_session"},
            },
        },
    }


def _short_names(names: Iterable[str]) -> Mapping[str, str]:
    """Names of types that programs in any language can have: those that are told apart by their module by its
    last words.

    Example:
        >>> _short_names(["Run", "mainspring.app.api.subjects.data.nouns.Use", "mainspring.app.api.lineage.Use"])
        {'mainspring.app.api.subjects.data.nouns.Use': 'DataUse', 'mainspring.app.api.lineage.Use': 'LineageUse'}
    """
    found = {}
    told = set(names)
    for name in sorted(told):
        parts = [one for one in name.split(".") if one not in _NOT_TOLD]
        several = ("".join(map(_capital, parts[-many:])) for many in range(2, len(parts) + 1))
        if len(parts) > 1:
            found[name] = next(one for one in several if one not in told)
            told.add(found[name])
    return found


def _capital(word: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in word.split("_"))


def _tidied(value: Any, names: Mapping[str, str]) -> Any:
    """The document with short names, in a form that more programs read: a list says what is in it, if anything is,
    and that a tuple has nothing behind its last item is told by its length alone.
    """
    if isinstance(value, Mapping):
        kept = {name: one for name, one in value.items() if not (name == "items" and one is False)}
        if kept.get("type") == "array" and "prefixItems" not in kept:
            kept.setdefault("items", {})
        return {names.get(name, name): _tidied(one, names) for name, one in kept.items()}
    if isinstance(value, list):
        return [_tidied(one, names) for one in value]
    if isinstance(value, str) and value.startswith(_REFERENCE):
        return _REFERENCE + names.get(value.removeprefix(_REFERENCE), value.removeprefix(_REFERENCE))
    return value


def _as_sent(schema: Any) -> Any:
    """The schema of an answer: in JSON a number that is not finite is ``null``."""
    if isinstance(schema, Mapping):
        made = {name: _as_sent(one) for name, one in schema.items()}
        return {**made, "type": ["number", "null"]} if made.get("type") == "number" else made
    return [_as_sent(one) for one in schema] if isinstance(schema, list) else schema


def plain_path(path: str) -> str:
    """A path without the kinds of its arguments.

    Example:
        >>> plain_path("/models/{model:path}/versions")
        '/models/{model}/versions'
    """
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def arguments_in(path: str) -> list[str]:
    """The names of the arguments in a path."""
    return re.findall(r"\{(\w+)", path)


def _described(one: Operation, given: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    fields, needed = _fields(one, given), set(given.get("required", ()))
    within = arguments_in(one.path)
    parameters = [{"name": name, "in": "path", "required": True, "schema": fields.pop(name)} for name in within]
    body: dict[str, Any] = {}
    if one.changes:
        required = sorted(needed - set(within))
        schema = {"type": "object", "properties": fields, "additionalProperties": False}
        schema |= {"required": required} if required else {}
        body = {"requestBody": {"required": bool(required), "content": {"application/json": {"schema": schema}}}}
    else:
        parameters += [
            {"name": name, "in": "query", "required": name in needed, "schema": schema}
            for name, schema in fields.items()
        ]
    error = {"application/json": {"schema": {"$ref": _REFERENCE + "Error"}}}
    told = {"x-command": one.command} if one.command else {}
    return {
        "operationId": one.name,
        "tags": [one.name.partition(".")[0]],
        "summary": one.summary,
        "description": "\n\n".join(part for part in (one.details, f"Role: {one.role}.") if part),
        "x-role": one.role.value,
        **told,
        **({"parameters": parameters} if parameters else {}),
        **body,
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": answer}}},
            **{code: {"description": words, "content": error} for code, words in _PROBLEMS.items()},
        },
    }


def _fields(one: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments' schemas, each with what is said of it: by its type, the docstring, or the vocabulary."""
    return {
        name: schema if "description" in schema else {**schema, **_words(one, name)}
        for name, schema in given.get("properties", {}).items()
    }


def _words(one: Operation, name: str) -> dict[str, str]:
    words = one.described.get(name) or meaning(one.name, name)
    return {"description": words} if words else {}


def _resolved(schema: Mapping[str, Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return named[reference.rpartition("/")[2]] if reference else schema
