"""Whatever a page declares, reading it ends, throws nothing and stays within the bounds of a profile."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.extension.reading.conftest import Reader


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most, "pattern": "^[^\\u0000-\\u0008\\u200b\\u202e]*$"}


def _list(of: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": of, "maxItems": most, "uniqueItems": True}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


LINE, DATE = _text(300), {"type": "string", "pattern": r"^(\d{4}(-\d{2})?)?$"}
PROFILE = jsonschema.Draft202012Validator(
    _object(
        url=_text(2_000), site=_text(253), adapter=_text(30), first_name=LINE, last_name=LINE, headline=_text(500),
        title=LINE, company=LINE, location=LINE, summary=_text(5_000), emails=_list(LINE, 10), phones=_list(LINE, 10),
        profiles=_list(_text(500) | {"pattern": "^https://"}, 10), skills=_list(_text(100), 50),
        experience=_list(_object(title=LINE, company=LINE, started=DATE, ended=DATE), 20),
        education=_list(_object(school=LINE, degree=LINE, field=LINE, ended=DATE), 20),
    )
)  # fmt: skip

KEYS = st.sampled_from([
    "@type", "@id", "@graph", "@value", "@list", "@set", "@context", "__proto__", "constructor", "prototype",
    "toString", "name", "givenName", "familyName", "jobTitle", "worksFor", "alumniOf", "address", "addressLocality",
    "email", "telephone", "contactPoint", "sameAs", "url", "mainEntity", "about", "knowsAbout", "hasOccupation",
    "roleName", "member", "startDate", "endDate", "description", "homeLocation", "mainEntityOfPage", "author",
])  # fmt: skip
WORDS = st.sampled_from([
    "Person", "ProfilePage", "WebPage", "Organization", "CollegeOrUniversity", "OrganizationRole", "#me",
    "Ida Hansen", "Ida", "ida@hansen.example", "mailto:ida@hansen.example", "https://github.com/ida",
    "https://page.example/", "2019-03", "<b>x</b>", "<script>alert(1)</script>", "+47 912 34 567", "\u202e\u0000\ud83d",
    "a" * 6_000, "&lt;" * 500, "https://", "",
])  # fmt: skip
TEXTS = st.text(max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=25,
)
#: Most values are nobody; these are about somebody, so that what is said of them is read.
PEOPLE = st.dictionaries(KEYS, VALUES, max_size=10).map(
    lambda said: {**said, "@type": "Person", "name": "Ida Hansen"}
)
READ_ALL = """(all) => all.map((json) => {
    const text = json.replaceAll("<", "\\\\u003c");
    const html = `<title>Ida Hansen</title><script type="application/ld+json">${text}</script>`;
    try { return read.read({ url: "https://page.example/", title: "", selection: "", html, truncated: false }); }
    catch (error) { return `${error.stack} ${json}`; }
})"""


@settings(max_examples=25)
@given(
    st.lists(
        VALUES | PEOPLE | PEOPLE.map(lambda person: {"@graph": [person, person]}), min_size=1, max_size=5
    )
)
def test_no_json_breaks_the_reader(reader: Reader, values: list[Any]) -> None:
    for profile in reader.call(READ_ALL, [json.dumps(value) for value in values]):
        assert isinstance(profile, dict), profile
        PROFILE.validate(profile)


#: What adapters look for, in any order, in each other and at any place.
MARKUP = st.recursive(
    st.sampled_from([
        "Ida Hansen", "I’m Ida Hansen", "<br>", "Mar 2019 - Present", "<a href='mailto:ida.hansen@x.example'>@</a>",
        "<a rel=me href='https://no.linkedin.com/in/ida-hansen'>in</a>", "<a class=u-url href='/'>url</a>",
        "<a itemprop=url href='https://github.com/ida'>x</a>", "<meta property='og:type' content=profile>",
        "<svg><title>x", "<time>2019</time>", "<meta property='profile:first_name' content=Ida>",
        "<span aria-hidden=true>Voltra</span>", "<b hidden>x</b>",
    ]),
    lambda inner: st.builds(
        "<{0} class='{1}' itemprop='{2}' {3}>{4}</{0}>".format,
        st.sampled_from(["div", "h1", "section", "li", "ul", "span", "main", "a", "p"]),
        st.sampled_from([
            "h-card", "p-name", "vcard-names h-card", "vcard-fullname", "t-bold", "t-14 t-normal", "p-org h-card",
            "t-14 t-normal t-black--light", "experience", "pv-top-card", "top-card-layout__title", "p-adr h-adr",
        ]),
        st.sampled_from(["name", "worksFor", "alumniOf", "mainEntity", "", "homeLocation", "email", "sameAs"]),
        st.sampled_from(["", "itemscope itemtype='https://schema.org/Person'", "id=about itemref=about"]),
        st.lists(inner, max_size=4).map("".join),
    ),
    max_leaves=20,
)  # fmt: skip
ADDRESSES = st.sampled_from([
    "https://github.com/ida", "https://www.linkedin.com/in/ida", "https://ida.example/", "https://x.com/ida",
])  # fmt: skip
READ_PAGES = """(all) => all.map(([url, html]) => {
    const page = `<title>Ida Hansen | x | y</title>${html}`;
    try { return read.read({ url, title: "", selection: "Ida Hansen", html: page, truncated: false }); }
    catch (error) { return `${error.stack} ${url} ${html}`; }
})"""


@settings(max_examples=25)
@given(st.lists(st.tuples(ADDRESSES, MARKUP), min_size=1, max_size=5))
def test_no_markup_breaks_the_reader(reader: Reader, pages: list[tuple[str, str]]) -> None:
    for profile in reader.call(READ_PAGES, [list(page) for page in pages]):
        assert isinstance(profile, dict), profile
        PROFILE.validate(profile)


PERSON = {"@type": "Person", "name": "Ida Hansen"}
#: Each would cost quadratic time, a deep stack, or a circle, if it were followed as it stands.
TRAPS = [
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 50_000 + "1" + "}" * 50_000,
    json.dumps([{**PERSON, "@id": f"#{n}", "knows": {"@id": f"#{n - 1}"}} for n in range(9_000)]),
    json.dumps(
        {**PERSON, "@id": "#me"} | {key: {"@id": "#me"} for key in ["name", "worksFor", "alumniOf", "url"]}
    ),
    json.dumps({**PERSON, "name": "<" * 500_000}),
    json.dumps({**PERSON, "description": "<b>" * 150_000}),
    json.dumps({**PERSON, "email": "a." * 200_000, "telephone": "1 " * 200_000}),
    json.dumps({**PERSON, "alumniOf": [{"name": " - 2019" * 40}] * 1_000}),
    json.dumps({**PERSON, "sameAs": [f"https://a{n}.example/x" for n in range(30_000)]}),
]


def test_what_is_made_to_take_forever_does_not(reader: Reader) -> None:
    for profile in reader.call(READ_ALL, TRAPS):
        assert isinstance(profile, dict), profile
        PROFILE.validate(profile)
