"""Only the fields asked for, and nothing computed for the others."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from foundation.problems import Invalid
from foundation.sparse_fields import narrowed, wanted

ADA = {"id": 1, "name": "Ada"}


class Shape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    dear = serializers.SerializerMethodField()
    told_once = serializers.CharField(write_only=True, required=False)

    def get_dear(self, row: dict[str, Any]) -> int:
        counted.append(row["id"])
        return 1


class Itself(Shape):
    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return {**instance, "dear": 2}


counted: list[int] = []


def ask(query: str, method: str = "GET") -> Request:
    return Request(APIRequestFactory().generic(method, f"/api/v1/x/{query}"))


@pytest.mark.parametrize("query", ["?fields=id,name", "?fields=name&fields=id", "?fields=%20id%20,,name,id"])
def test_only_what_is_asked_for_is_answered_and_computed(query: str) -> None:
    counted.clear()
    assert narrowed(Shape(ADA), ask(query)) == ADA
    assert narrowed(Shape([ADA, ADA], many=True), ask(query)) == [ADA, ADA]
    assert narrowed(Itself(ADA), ask(query)) == ADA
    assert counted == []
    assert (wanted(ask(query), "id"), wanted(ask(query), "dear")) == (True, False)


def test_without_a_question_and_on_writes_everything_is_there() -> None:
    for request in (ask(""), ask("?fields=id", "PATCH"), ask("?fields=nothing", "POST")):
        assert narrowed(Shape(ADA), request).keys() == {"id", "name", "dear"}
        assert wanted(request, "dear")


@pytest.mark.parametrize("names", ["nothing", "id,nothing", "told_once", "name.first", "nothing" * 50])
def test_a_name_that_is_none_is_named(names: str) -> None:
    with pytest.raises(Invalid) as refused:
        narrowed(Shape([], many=True), ask(f"?fields={names}"))
    said = refused.value.fields["fields"]
    assert names.split(",")[-1][:60] in said
    assert "dear, id, name" in said
    assert len(said) < 150


@pytest.mark.parametrize("query", ["?fields=", "?fields=,%20,", "?fields=" + "id," * 2_000])
def test_no_names_or_far_too_many_are_refused(query: str) -> None:
    with pytest.raises(Invalid, match="not right"):
        narrowed(Shape(ADA), ask(query))
