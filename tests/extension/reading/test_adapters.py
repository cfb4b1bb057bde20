"""Pages as people meet them: ``pages/*.html`` beside what is read of each, and of the others nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.extension.reading.conftest import Reader

PAGES = sorted((Path(__file__).resolve().parents[1] / "pages").glob("*.html"))
EMPTY = {
    "adapter": "", "first_name": "", "last_name": "", "headline": "", "title": "", "company": "",
    "location": "", "summary": "", "emails": [], "phones": [], "profiles": [], "skills": [], "experience": [],
    "education": [],
}  # fmt: skip
#: Selects, and takes a snapshot between two looks at the page, by a road that names of elements do not bend.
TAKE = """(selector) => {
    if (selector) getSelection().selectAllChildren(document.querySelector(selector));
    const markup = () => new XMLSerializer().serializeToString(document);
    const before = markup(), snapshot = (COLLECT)();
    return { snapshot, unchanged: markup() === before };
}"""


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_a_page_says_what_stands_beside_it_and_is_left_as_it_was(path: Path, reader: Reader) -> None:
    beside = json.loads(path.with_suffix(".json").read_text())
    reader.show(beside["url"], path.read_bytes())
    taken = reader.shown.evaluate(TAKE.replace("COLLECT", reader.collect), beside.get("select"))
    snapshot = taken["snapshot"]
    assert taken["unchanged"]
    assert reader.asked == []
    assert "secret" not in snapshot["html"]
    assert snapshot["truncated"] is False
    profile = reader.read(snapshot)
    host = beside["url"].split("/")[2].removeprefix("www.")
    assert profile == EMPTY | {"url": beside["url"], "site": host} | beside["profile"]
