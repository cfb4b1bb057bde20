"""What changed between two OpenAPI schemas, and what of it breaks somebody's program. Pure.

Additive only (docs/api.md): a program written against the old schema must work against the new one. So nothing that an
answer had may go or change its type, nothing new may be asked of a request, nothing it may say may be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")
#: Schemas that contain themselves are followed so far.
_DEEPEST = 8

Schema = Mapping[str, Any]


def breaking(old: Schema, new: Schema) -> list[str]:
    """A sentence for each change that could break a program; none for additions."""
    return sorted(set(_operations(old, new)))


def _operations(old: Schema, new: Schema) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method in _METHODS:
            before = methods.get(method)
            if before is None:
                continue
            after = new["paths"].get(path, {}).get(method)
            name = f"{method.upper()} {path}"
            if after is None:
                yield f"{name} is gone"
                continue
            yield from _parameters(name, before, after)
            yield from _request(f"{name} body", _body(before), _body(after), old, new, 0)
            for status, answer in before.get("responses", {}).items():
                told = after.get("responses", {}).get(status)
                if told is None:
                    yield f"{name} no longer answers {status}"
                    continue
                yield from _answer(f"{name} {status}", _content(answer), _content(told), old, new, 0)


def _parameters(name: str, before: Schema, after: Schema) -> Iterator[str]:
    had = {(each["in"], each["name"]): each for each in before.get("parameters", ())}
    has = {(each["in"], each["name"]): each for each in after.get("parameters", ())}
    for key in had.keys() - has.keys():
        yield f"{name} parameter {key[1]} is gone"
    for key, each in has.items():
        if each.get("required") and not had.get(key, {}).get("required"):
            yield f"{name} parameter {key[1]} is asked for now"
    for key in had.keys() & has.keys():
        yield from _narrowed(
            f"{name} parameter {key[1]}", had[key].get("schema", {}), has[key].get("schema", {})
        )


def _request(at: str, before: Schema, after: Schema, old: Schema, new: Schema, depth: int) -> Iterator[str]:
    """What may be sent: everything that was, with nothing more asked for."""
    before, after = _resolved(before, old), _resolved(after, new)
    yield from _retyped(at, before, after)
    yield from _narrowed(at, before, after)
    if depth > _DEEPEST:
        return
    had, has = _writable(before), _writable(after)
    for key in had.keys() - has.keys():
        yield f"{at}.{key} is gone"
    wanted = set(after.get("required", ())) & has.keys()
    for key in wanted - (set(before.get("required", ())) & had.keys()):
        yield f"{at}.{key} is asked for now"
    for key in had.keys() & has.keys():
        yield from _request(f"{at}.{key}", had[key], has[key], old, new, depth + 1)
    if "items" in before and "items" in after:
        yield from _request(f"{at}[]", before["items"], after["items"], old, new, depth + 1)


def _answer(at: str, before: Schema, after: Schema, old: Schema, new: Schema, depth: int) -> Iterator[str]:
    """What is answered: everything that was, of the same type."""
    before, after = _resolved(before, old), _resolved(after, new)
    yield from _retyped(at, before, after)
    if after.get("nullable") and not before.get("nullable"):
        yield f"{at} may be null now"
    if depth > _DEEPEST:
        return
    had, has = before.get("properties", {}), after.get("properties", {})
    for key in had.keys() - has.keys():
        yield f"{at}.{key} is gone"
    for key in had.keys() & has.keys():
        yield from _answer(f"{at}.{key}", had[key], has[key], old, new, depth + 1)
    if "items" in before and "items" in after:
        yield from _answer(f"{at}[]", before["items"], after["items"], old, new, depth + 1)


def _retyped(at: str, before: Schema, after: Schema) -> Iterator[str]:
    if before.get("type") != after.get("type"):
        yield f"{at} was {before.get('type', 'anything')} and is {after.get('type', 'anything')}"


def _narrowed(at: str, before: Schema, after: Schema) -> Iterator[str]:
    """Values that were taken and are refused now."""
    if "enum" in after and (gone := [each for each in before.get("enum", ()) if each not in after["enum"]]):
        yield f"{at} no longer takes {', '.join(map(str, gone))}"
    for least in ("minimum", "minLength", "minItems"):
        if after.get(least, float("-inf")) > before.get(least, float("-inf")):
            yield f"{at} must be larger: {least}"
    for most in ("maximum", "maxLength", "maxItems"):
        if after.get(most, float("inf")) < before.get(most, float("inf")):
            yield f"{at} must be smaller: {most}"


def _writable(schema: Schema) -> dict[str, Schema]:
    return {
        key: each for key, each in schema.get("properties", {}).items() if not each.get("readOnly", False)
    }


def _body(operation: Schema) -> Schema:
    return _content(operation.get("requestBody", {}))


def _content(holder: Schema) -> Schema:
    found: Schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _resolved(schema: Schema, whole: Schema) -> Schema:
    """What a reference points to; ``allOf`` of one is that one with what stands beside it."""
    while True:
        if "$ref" in schema:
            schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif len(schema.get("allOf", ())) == 1:
            rest = {key: each for key, each in schema.items() if key != "allOf"}
            schema = {**_resolved(schema["allOf"][0], whole), **rest}
        else:
            return schema
