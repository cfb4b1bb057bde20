"""What is taken of a page: what it shows and declares, in bounds, however large, deep or hostile it is."""

from __future__ import annotations

import pytest

from tests.extension.reading.conftest import Reader

MOST = 3_000_000
PERSON = '<script type="application/ld+json">{"@type": "Person", "name": "Ida Hansen"}</script>'


def test_only_what_is_shown_or_declared_is_taken(reader: Reader) -> None:
    reader.show(
        "https://a.example/b/",
        """<!doctype html><html lang=en><head><title>A &amp; B</title><base href="/base/">
        <meta name=author content='"A"'>
        <script>let a = "code"</script><style>.no { display: none }</style><link rel=stylesheet href=/style.css>
        <script type="application/LD+json">{"a": "</b>"}</script></head>
        <body onload="handler()"><!-- comment --><p style="color:red" onclick="handler()" data-x="data">1 &lt; 2</p>
        <a href="ida" target=_top>Ida</a><a href="javascript:handler()">x</a>
        <img src="data:image/png;base64,AAAA" alt=Photo>
        <svg><text>drawing</text></svg><input value=typed><textarea>typed</textarea><select><option>chosen</select>
        <iframe srcdoc="framed"></iframe><noscript>unseen</noscript><x-card class=c><b>kept</b></x-card>
        <table><tr><td>cell</table><p class=no>hidden <b>deep</b></p></body></html>""",
    )
    snapshot = reader.snapshot()
    assert snapshot["html"].replace("\n", " ").replace("  ", " ") == (
        '<!doctype html><html lang="en"><head><title>A &amp; B</title>'
        '<meta name="author" content="&quot;A&quot;">'
        '<link rel="stylesheet" href="https://a.example/style.css">'
        '<script type="application/ld+json">{"a": "\\u003c/b>"}</script></head><body><p>1 &lt; 2</p> '
        '<a href="https://a.example/base/ida">Ida</a><a href="">x</a> <img alt="Photo"> '
        ' <span class="c"><b>kept</b></span> <div><div><div><div>cell</div></div></div></div>'
        '<p class="no" hidden>hidden <b>deep</b></p></body></html>'
    )
    assert {name: snapshot[name] for name in ("url", "title", "selection", "truncated")} == {
        "url": "https://a.example/b/", "title": "A & B", "selection": "", "truncated": False,
    }  # fmt: skip


def test_ten_megabytes_stay_in_bounds_and_what_is_declared_at_their_end_is_not_lost(reader: Reader) -> None:
    quick = "<style>p { content-visibility: auto }</style>"  # nobody looks at it: no need to draw it
    reader.show(
        "https://long.example/", f"<!doctype html><title>Ida Hansen</title>{quick}<main></main>{PERSON}"
    )
    size = reader.shown.evaluate(
        """() => {
            const row = (at) => `<p class=row><a href="/${at}">Row &amp; ${at}</a> ${"text ".repeat(190)}</p>`;
            document.querySelector("main").innerHTML = Array.from({ length: 10_500 }, (_, at) => row(at)).join("");
            return document.documentElement.outerHTML.length;
        }"""
    )
    assert size > 10_000_000
    snapshot = reader.snapshot()
    assert snapshot["truncated"]
    assert len(snapshot["html"]) < MOST + 10_000
    assert "Row &amp; 100<" in snapshot["html"]
    assert reader.read(snapshot)["last_name"] == "Hansen"


@pytest.mark.parametrize("node", ["'<'.repeat(4e6)", "wide('className', 4e6)", "wide('href', 4e6)"])
def test_one_gigantic_node_stays_in_bounds_too(node: str, reader: Reader) -> None:
    reader.show("https://long.example/", "<!doctype html><title>Ida</title><body hidden>")
    reader.shown.evaluate(
        f"""() => {{
            const wide = (name, size) => Object.assign(document.createElement("a"), {{ [name]: "x".repeat(size) }});
            document.body.append({node}, "end");
        }}"""
    )
    snapshot = reader.snapshot()
    assert len(snapshot["html"]) < MOST + 10_000
    assert snapshot["truncated"] is (len(snapshot["html"]) > MOST)


def test_twenty_thousand_elements_in_each_other_are_read(reader: Reader) -> None:
    """Parsed ones, which Chromium flattens, and hidden ones made by a script: displayed, they would end the page."""
    nested = "<section>" * 20_000 + "top" + "</section>" * 20_000
    reader.show(
        "https://deep.example/", f"<!doctype html><title>Ida Hansen</title>{PERSON}<nav hidden></nav>{nested}"
    )
    reader.shown.evaluate(
        """() => {
            let at = document.querySelector("nav");
            for (let depth = 0; depth < 5000; depth += 1) at = at.appendChild(document.createElement("div"));
            at.append("the bottom");
        }"""
    )
    snapshot = reader.snapshot()
    assert "the bottom" in snapshot["html"]
    assert snapshot["html"].count("</div>") == 5_000
    assert snapshot["html"].count("</section>") == 20_000
    assert reader.read(snapshot)["first_name"] == "Ida"


def test_more_json_than_a_page_needs_is_left_out(reader: Reader) -> None:
    huge = '<script type="application/ld+json">{"@type": "Person", "name": "%s"}</script>' % ("x" * 1_200_000)
    reader.show("https://long.example/", f"<!doctype html><title>Ida Hansen</title>{huge}{PERSON}")
    snapshot = reader.snapshot()
    assert snapshot["truncated"]
    assert len(snapshot["html"]) < 1_000
    assert reader.read(snapshot)["last_name"] == "Hansen"


@pytest.mark.parametrize(
    "url", ["chrome://settings/", "file:///etc/passwd", "about:blank", "", "javascript:1"]
)
def test_pages_without_a_web_address_say_nothing(url: str, reader: Reader) -> None:
    snapshot = {
        "url": url,
        "title": "Ida Hansen",
        "selection": "Ida Hansen",
        "html": PERSON,
        "truncated": False,
    }
    assert not any(reader.read(snapshot).values())
