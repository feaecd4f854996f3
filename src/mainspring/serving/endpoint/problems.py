"""Bodies that cannot be read, said with the place where it went wrong."""

from __future__ import annotations

import msgspec

from mainspring.serving.problems import MalformedError, TooLargeError


def too_large(limit: int) -> TooLargeError:
    """The body is over the limit."""
    return TooLargeError(
        f"the body is larger than {limit} bytes",
        expected=f"at most {limit} bytes",
        fix="send fewer rows at a time, or start the server with a larger --max-body",
    )


def unreadable(body: bytes, error: Exception) -> MalformedError:
    """The body could not be decoded, said with the place where it went wrong."""
    if isinstance(error, RecursionError):
        return MalformedError("the JSON is nested too deeply")
    if not body.strip():
        return MalformedError("the body is empty", expected="a JSON object")
    if isinstance(error, msgspec.ValidationError):
        return MalformedError(f"the request has the wrong form: {error}")
    if isinstance(error, UnicodeDecodeError):
        return MalformedError("the body is not UTF-8", expected="JSON in UTF-8")
    text = str(error)
    if "truncated" in text:
        return MalformedError("the JSON ends too early", where=_place(body, len(body)))
    _, _, offset = text.rpartition("(byte ")
    if not offset[:-1].isdecimal():
        return MalformedError(f"the body is not JSON: {text}")
    return _invalid(body, int(offset[:-1]), text)


def _invalid(body: bytes, offset: int, text: str) -> MalformedError:
    trailing = "trailing" in text
    offset -= trailing  # there the place is given as the one after the first character that is too many
    near = body[max(0, offset - 10) : offset + 15].decode("utf-8", "replace")
    rest = body[offset : offset + 9].lstrip(b"-")
    expected = None
    if rest.startswith((b"NaN", b"Inf", b"nan", b"inf")):
        expected = "null for a missing value; JSON knows neither NaN nor Infinity"
    what = "something follows after the end of the JSON" if trailing else "the JSON is malformed"
    return MalformedError(f"{what} near {near!r}", where=_place(body, offset), expected=expected)


def _place(body: bytes, offset: int) -> str:
    line = body.count(b"\n", 0, offset) + 1
    column = offset - body.rfind(b"\n", 0, offset)
    return f"line {line}, column {column}"
