"""Every request the connector makes fits the vendor's own OpenAPI file.

The file is not ours to ship: ``ATS_SPECS`` names a folder that holds it. It was merged from several of the vendor's,
and schemas of the same name were mixed up; what cannot be told apart is not checked against.
"""

from __future__ import annotations

import datetime
import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from integrations.base.errors import ConnectorError
from integrations.base.records import (
    Education,
    Employment,
    Note,
    NoteKind,
    PersonKeys,
    RemoteRef,
    Target,
    TargetKind,
)
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.client import Sandbox
from tests.integrations.smartrecruiters.conftest import ADA, JOB, POOL, writing

FILE = Path(os.environ.get("ATS_SPECS", "")) / "smartrecruiters.customer-api.vendor.openapi.yaml"

pytestmark = pytest.mark.skipif(
    not os.environ.get("ATS_SPECS") or not FILE.is_file(),
    reason=f"ATS_SPECS names no folder with {FILE.name}",
)


#: Stands for a choice of a single select and, wrongly, for a value that is written: ``{"id", "value"}``, as the
#: operation's own words and codes say, would have to carry a label.
MIXED_UP = ("CandidatePropertyValue",)


def operation(paths: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The operation of a request; the pattern with the fewest parameters wins."""
    fits = [
        name
        for name in paths
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", name), path) and method.lower() in paths[name]
    ]
    assert fits, f"the vendor has no {method} {path}"
    best = min(fits, key=lambda name: name.count("{"))
    found: dict[str, Any] = paths[best][method.lower()]
    return {**found, "shared": paths[best].get("parameters", [])}


def resolved(document: dict[str, Any], value: Any) -> Any:
    while isinstance(value, dict) and "$ref" in value:
        target: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


def everything(connector: SmartRecruitersConnector) -> None:
    """Each call the connector can make, once."""
    connector.check()
    connector.list_fields(record_type="candidate")
    connector.list_jobs(acting_as="")
    connector.list_pools(acting_as="")
    values = {
        **ADA,
        "source": "Beckon",
        "experience": (Employment(title="Analyst", company="Engines", started="1842-09-01", ended="1843"),),
        "education": (Education(school="Home", field="Mathematics", started="1832", ended="1835-06"),),
        "property:prop-level": "level-senior",
        "property:prop-salary": "GBP 70000",
    }
    ref = RemoteRef(external_id=connector.push(writing(values, target=JOB), existing=None).external_id)
    alone = {**values, "email": ("b@people.example",)}
    connector.push(writing(alone, target=POOL), existing=None)
    keys = PersonKeys(emails=("ada@people.example",))
    connector.find(keys, record_type="candidate", target=JOB, acting_as="")
    other = Target(kind=TargetKind.JOB, external_id="job-data", name="Data engineer")
    changed = {"lastName": "King", "tags": ("new",), "location.city": "Ockham", "property:prop-level": ""}
    connector.push(writing(changed, target=other, whole={**values, **changed}), existing=connector.read(ref))
    note = Note(key="k", kind=NoteKind.CALL, at=datetime.datetime.now(datetime.UTC), text="Called.")
    connector.add_note(ref, note, earlier=(), acting_as="")
    connector.find_note(ref, note)
    connector.changes(cursor=connector.changes(cursor="").cursor)
    with pytest.raises(ConnectorError):
        connector.subscribe(url="http://127.0.0.1:9/hooks/x", secret="")
    connector.delete(ref)


def test_every_request_fits_the_vendors_file(there: SmartRecruitersConnector, world: Sandbox) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(FILE.read_text(), Loader=loader)  # noqa: S506 - a safe loader
    for name in MIXED_UP:
        document["components"]["schemas"][name] = {"type": "object", "required": ["id"]}
    everything(there)
    requests = world.get("/control/smartrecruiters/requests")
    seen = set()
    for request in requests:
        found = operation(document["paths"], request["method"], request["path"])
        seen.add(f"{request['method']} {request['path']}")
        known = {
            resolved(document, each)["name"] for each in [*found.get("parameters", []), *found["shared"]]
        }
        assert set(request["query"]) <= known, f"{request['path']} takes no {set(request['query']) - known}"
        if request["body"]:
            body = resolved(document, found.get("requestBody", {}))
            schema = body.get("content", {}).get("application/json", {}).get("schema")
            if schema is None:
                assert json.loads(request["body"]) in ({}, None), f"{request['path']} takes no body"
                continue
            whole = {**schema, "components": document["components"]}
            jsonschema.Draft4Validator(whole).validate(json.loads(request["body"]))
    assert len(seen) > 20
