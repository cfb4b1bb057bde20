"""What the API takes for a JSON body: UTF-8, no deeper than anybody writes, and only whole characters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _no_halves(value: Any) -> Any:
    """The value; raises ValueError where a text holds half a character (``\\ud83d`` alone), which JSON can escape and
    neither a database nor an answer can hold."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for key, held in value.items():
            _no_halves(key)
            _no_halves(held)
    elif isinstance(value, list):
        for held in value:
            _no_halves(held)
    return value


class JSONBody(JSONParser):
    """``application/json``; every body that is none is a 400 and never a crash."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - REST framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002 - as above
    ) -> Any:
        """The value; raises ParseError."""
        try:
            text = stream.read().decode("utf-8-sig")
            value = json.loads(text, parse_constant=_refuse_constant)
            return _no_halves(value) if "\\ud" in text.lower() else value
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {_told(error)}") from None


def _told(error: ValueError) -> str:
    """What is wrong, without bytes or halves that no answer could hold."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return "half a character" if isinstance(error, UnicodeEncodeError) else str(error)[:200]
