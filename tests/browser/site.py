"""Somebody's web site: the page of a person, pages of nobody, and a document."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PERSON = {
    "@context": "https://schema.org", "@type": "Person", "givenName": "Ida", "familyName": "Hansen",
    "jobTitle": "Welding engineer", "worksFor": {"@type": "Organization", "name": "Voltra Energie"},
    "email": "mailto:ida@voltra.example", "telephone": "+45 20 12 34 56",
    "address": {"@type": "PostalAddress", "addressLocality": "Aarhus", "addressCountry": "Denmark"},
    "sameAs": ["https://github.com/ida-hansen"], "knowsAbout": ["TIG", "Robotics"],
}  # fmt: skip
#: The page of a person, of nobody, and a document that is no page.
PAGES = {
    "/ida": f"""<!doctype html><html lang="en"><head><title>Ida Hansen</title><script type="application/ld+json">
      {json.dumps({"@context": "https://schema.org", "@type": "ProfilePage", "mainEntity": PERSON})}</script></head>
      <body><main><h1>Ida Hansen</h1><p>Welding engineer at Voltra Energie</p></main></body></html>""",
    "/nobody": "<!doctype html><html lang=en><head><title>Hours</title></head><body><p>Mon–Fri</p></body></html>",
    "/other": "<!doctype html><html lang=en><head><title>Other</title></head><body><p>Other</p></body></html>",
    "/notes.txt": "",
}  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path, "").encode()
        kind = "text/plain" if self.path.endswith("txt") else "text/html; charset=utf-8"
        self.send_response(200 if self.path in PAGES else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Tests say what happened."""


@contextlib.contextmanager
def web_site() -> Iterator[str]:
    """Its address, on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
