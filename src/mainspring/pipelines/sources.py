"""Reading source text as the interpreter would: what it says, which names it uses, what it imports.

Comments, blank lines and docstrings do not count, and neither does the decorator that makes a function a step: its
options say how a step is run, not what it gives.
"""

from __future__ import annotations

import ast
import dis
import functools
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

from mainspring.core.digests import digest_bytes, digest_text

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_GLOBAL_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})


@dataclass(frozen=True, slots=True)
class Source:
    """Some source text, read.

    Attributes:
        digest: Of what the interpreter would run.
        names: Every name that is used.
        header: The names that are used when it is defined: decorators, defaults, annotations.
        imports: Modules that are imported, and for ``from a import b`` also ``a.b``, which may be one.
    """

    digest: str
    names: frozenset[str] = frozenset()
    header: frozenset[str] = frozenset()
    imports: tuple[str, ...] = ()


def source_of(value: Any) -> Source:
    """The source of a function or class; of what it was compiled to if there is no text."""
    code = getattr(value, "__code__", None)
    try:
        text = _dedented(inspect.getsource(value))
    except (OSError, TypeError):
        text = repr(value) if code is None else ""
    if not text:
        return Source(digest_bytes(_compiled(code)) if code else digest_text(""))
    module = getattr(inspect.getmodule(value), "__package__", None)
    return read_source(text, module or "")


def _dedented(text: str) -> str:
    if not text[:1].isspace():
        return text
    import textwrap

    return textwrap.dedent(text)


@functools.lru_cache(maxsize=2048)
def read_source(text: str, package: str) -> Source:
    """Read source text.

    Args:
        text: Of a module, a class, or a function.
        package: The package in which relative imports start.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a lambda in the middle of an expression
        return Source(digest_text(text))
    names = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    imports = tuple(dict.fromkeys(_imports(tree, package)))
    header = frozenset(_header(tree.body[0])) if tree.body else frozenset()
    _strip(tree)
    return Source(digest_text(ast.dump(tree)), names, header, imports)


def globals_of(code: CodeType) -> frozenset[str]:
    """The global names that compiled code reads, functions inside it included."""
    found = {one.argval for one in dis.get_instructions(code) if one.opname in _GLOBAL_LOADS}
    inner = [globals_of(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(found).union(*inner)


def _header(definition: ast.stmt) -> Iterator[str]:
    if not isinstance(definition, _FUNCTIONS):
        return
    own = [one for one in definition.decorator_list if not _makes_a_step(one)]
    for part in (*own, definition.args, *([definition.returns] if definition.returns else [])):
        for node in ast.walk(part):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                yield node.value  # an annotation in quotes


def _makes_a_step(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name == "step"


def _strip(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            node.decorator_list = [one for one in node.decorator_list if not _makes_a_step(one)]
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Module)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
                node.body = node.body[1:] or [ast.Pass()]


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            if base:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")


def _compiled(code: CodeType) -> bytes:
    constants = [_compiled(one) if isinstance(one, CodeType) else repr(one).encode() for one in code.co_consts]
    return b"\0".join([code.co_code, *constants, *(name.encode() for name in code.co_names)])
