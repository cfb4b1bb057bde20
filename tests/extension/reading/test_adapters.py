"""Pages as people meet them: ``pages/*.html`` beside what is read of each, and of the others nothing.

A page at another address names the file it is in ``page``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.extension.reading.conftest import Reader

FOLDER = Path(__file__).resolve().parents[1] / "pages"
EXPECTED = sorted(FOLDER.glob("*.json"))
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


def test_beside_every_page_stands_what_is_read_of_it() -> None:
    assert {path.stem for path in FOLDER.glob("*.html")} <= {path.stem for path in EXPECTED}


@pytest.mark.parametrize("path", EXPECTED, ids=[path.stem for path in EXPECTED])
def test_a_page_says_what_stands_beside_it_and_is_left_as_it_was(path: Path, reader: Reader) -> None:
    beside = json.loads(path.read_text())
    page = FOLDER / beside.get("page", f"{path.stem}.html")
    reader.show(beside["url"], page.read_bytes())
    taken = reader.shown.evaluate(TAKE.replace("COLLECT", reader.collect), beside.get("select"))
    snapshot = taken["snapshot"]
    assert taken["unchanged"]
    assert reader.asked == []
    assert "secret" not in snapshot["html"]
    assert snapshot["truncated"] is False
    profile = reader.read(snapshot)
    host = beside["url"].split("/")[2].removeprefix("www.")
    assert profile == EMPTY | {"url": beside["url"], "site": host} | beside["profile"]
