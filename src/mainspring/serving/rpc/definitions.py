"""Reading ``.proto`` files, as much of their language as the files beside this module use.

They are read when the server starts, so that there is no generated code: such code refuses to run beside a library
of protocol buffers that is older than the compiler, and registers its files where those of other clients lie.

Known are ``syntax = "proto3"``, ``package``, ``import``, ``message``, ``enum``, ``oneof``, ``map``, ``repeated``
and ``service``; not options, extensions, groups and ``optional``.

Language: https://protobuf.dev/reference/protobuf/proto3-spec/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

from mainspring.core.errors import InputError

_TOKEN = re.compile(r'\s+|//[^\n]*|(?P<token>"[^"\n]*"|-?\d+|\.?[A-Za-z_][\w.]*|[{}()<>=;,])')

_SCALARS: Mapping[str, FieldDescriptorProto.Type.ValueType] = {
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "string": FieldDescriptorProto.TYPE_STRING,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "uint64": FieldDescriptorProto.TYPE_UINT64,
}


def read_definitions(name: str, text: str) -> FileDescriptorProto:
    """What a ``.proto`` file defines. The types of its fields are still names, as they were written.

    Args:
        name: Of the file, as others import it.
        text: What is in it.

    Raises:
        InputError: If it uses more of the language than is known here.
    """
    return _Reader(name, text).file()


class _Reader:
    """One pass over the words of a file."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._tokens = list(_tokens(name, text))
        self._place = 0

    def file(self) -> FileDescriptorProto:
        found = FileDescriptorProto(name=self._name)
        while self._place < len(self._tokens):
            word = self._next()
            if word == "syntax":
                self._expect("=")
                found.syntax = self._quoted()
            elif word == "package":
                found.package = self._next()
            elif word == "import":
                found.dependency.append(self._quoted())
            elif word == "message":
                self._message(found.message_type.add())
                continue
            elif word == "enum":
                self._enum(found.enum_type.add())
                continue
            elif word == "service":
                self._service(found.service.add())
                continue
            else:
                raise self._unknown(word)
            self._expect(";")
        return found

    def _message(self, message: DescriptorProto) -> None:
        message.name = self._next()
        self._expect("{")
        while (word := self._next()) != "}":
            if word == "message":
                self._message(message.nested_type.add())
            elif word == "enum":
                self._enum(message.enum_type.add())
            elif word == "oneof":
                message.oneof_decl.add(name=self._next())
                self._expect("{")
                while (kind := self._next()) != "}":
                    self._field(message, kind).oneof_index = len(message.oneof_decl) - 1
            elif word == "map":
                self._map(message)
            elif word == "repeated":
                self._field(message, self._next()).label = FieldDescriptorProto.LABEL_REPEATED
            else:
                self._field(message, word)

    def _field(self, message: DescriptorProto, kind: str) -> FieldDescriptorProto:
        field = message.field.add(name=self._next(), label=FieldDescriptorProto.LABEL_OPTIONAL)
        self._expect("=")
        field.number = self._number()
        self._expect(";")
        _set_type(field, kind)
        return field

    def _map(self, message: DescriptorProto) -> None:
        self._expect("<")
        key = self._next()
        self._expect(",")
        value = self._next()
        self._expect(">")
        name = self._tokens[self._place]
        entry = message.nested_type.add(name="".join(part.title() for part in name.split("_")) + "Entry")
        entry.options.map_entry = True
        for number, (part, kind) in enumerate((("key", key), ("value", value)), 1):
            _set_type(entry.field.add(name=part, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL), kind)
        self._field(message, entry.name).label = FieldDescriptorProto.LABEL_REPEATED

    def _enum(self, enum: EnumDescriptorProto) -> None:
        enum.name = self._next()
        self._expect("{")
        while (word := self._next()) != "}":
            self._expect("=")
            enum.value.add(name=word, number=self._number())
            self._expect(";")

    def _service(self, service: ServiceDescriptorProto) -> None:
        service.name = self._next()
        self._expect("{")
        while (word := self._next()) != "}":
            if word != "rpc":
                raise self._unknown(word)
            method = service.method.add(name=self._next())
            method.input_type, method.client_streaming = self._message_of_call()
            self._expect("returns")
            method.output_type, method.server_streaming = self._message_of_call()
            self._expect(";")

    def _message_of_call(self) -> tuple[str, bool]:
        self._expect("(")
        word = self._next()
        streaming = word == "stream"
        name = self._next() if streaming else word
        self._expect(")")
        return name, streaming

    def _next(self) -> str:
        if self._place == len(self._tokens):
            raise InputError("the file ends too early", where=self._name)
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, wanted: str) -> None:
        found = self._next()
        if found != wanted:
            raise InputError(f"found {found!r}", expected=repr(wanted), where=self._name)

    def _quoted(self) -> str:
        return self._next().strip('"')

    def _number(self) -> int:
        word = self._next()
        if not word.lstrip("-").isdecimal():
            raise InputError(f"found {word!r}", expected="a number", where=self._name)
        return int(word)

    def _unknown(self, word: str) -> InputError:
        return InputError(f"{word!r} is not known", where=self._name)


def _tokens(name: str, text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InputError(f"{text[place]!r} is not known", where=f"{name}, character {place}")
        if match["token"]:
            yield match["token"]
        place = match.end()


def _set_type(field: FieldDescriptorProto, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type_name = kind
