"""Every request the connector makes fits the vendor's own OpenAPI file.

The file is not ours to ship: ``ATS_SPECS`` names a folder that holds it. It is of 2024; three attributes of the
vendor's newer pages are added to it here, by name.
"""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from integrations.base.records import Note, NoteKind, PersonKeys, PersonWrite, RemoteRef, Target, TargetKind
from integrations.vendors.pinpoint import assumed
from integrations.vendors.pinpoint.connector import PinpointConnector
from sandbox.client import Sandbox
from tests.integrations.pinpoint.test_sandbox import ADA, JOB

FILE = Path(os.environ.get("ATS_SPECS", "")) / "pinpoint.vendor.openapi.yaml"

pytestmark = pytest.mark.skipif(
    not os.environ.get("ATS_SPECS") or not FILE.is_file(),
    reason=f"ATS_SPECS names no folder with {FILE.name}",
)

#: developers.pinpointhq.com, "post application" and "put application": newer than the file.
NEWER = {
    "applications_attributes_post": (assumed.SKIP_NOTIFICATIONS,),
    "applications_attributes_put": (assumed.ADD_TAGS, assumed.REMOVE_TAG),
}
#: What a proof of rights leaves out on purpose: it must be refused.
PROOF = {"first_name", "last_name", "email"}


def resolved(document: dict[str, Any], value: Any) -> Any:
    while isinstance(value, dict) and "$ref" in value:
        target: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    for name, item in document["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", name.removeprefix("/api/v1"))
        if re.fullmatch(pattern, path) and method.lower() in item:
            found: dict[str, Any] = item[method.lower()]
            return found
    raise AssertionError(f"the vendor has no {method} {path}")


def everything(connector: PinpointConnector) -> None:
    """Each call the connector can make, once."""
    connector.check()
    connector.prove_write()
    connector.prove_look_up()
    connector.list_fields(record_type="candidate")
    connector.list_jobs(acting_as="")
    connector.list_jobs(acting_as="", statuses=[option.id for option in connector.list_job_statuses()])
    ref = RemoteRef(
        external_id=connector.push(PersonWrite(values=ADA, whole=ADA, target=JOB), existing=None).external_id
    )
    keys = PersonKeys(emails=("ada@people.example",))
    connector.find(keys, record_type="candidate", target=JOB, acting_as="")
    changed = {
        "last_name": "King",
        "phone": "+44 20 7946 0000",
        "date_of_birth": "1815-12-10",
        "tags": ("Ruby",),
        "varchar:1000108": "",
        "multi_select:1000102": ("Blue",),
    }
    connector.push(PersonWrite(values=changed, whole=changed, target=JOB), existing=connector.read(ref))
    other = Target(kind=TargetKind.JOB, external_id="1000045", name="Analytics lead")
    connector.push(PersonWrite(values={}, whole=ADA, target=other), existing=connector.read(ref))
    note = Note(key="k", kind=NoteKind.CALL, at=datetime.datetime.now(datetime.UTC), text="Called.")
    connector.add_note(ref, note, earlier=(), acting_as="")
    assert connector.find_note(ref, note)
    connector.changes(cursor=connector.changes(cursor="").cursor)


def fits(document: dict[str, Any], schema: Any, value: Any) -> None:
    whole = {**resolved(document, schema), "components": document["components"]}
    jsonschema.Draft4Validator(whole).validate(value)


def parameter_value(schema: dict[str, Any], word: str) -> Any:
    """What a query's text stands for."""
    kind = schema.get("type")
    if kind == "array":
        return word.split(",")
    if kind == "integer":
        return int(word)
    return {"true": True, "false": False}[word] if kind == "boolean" else word


def test_every_request_fits_the_vendors_file(there: Callable[..., PinpointConnector], world: Sandbox) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(FILE.read_text(), Loader=loader)  # noqa: S506 - a safe loader
    schemas = document["components"]["schemas"]
    for name, attributes in NEWER.items():
        schemas[name]["properties"].update({key: {} for key in attributes})
    everything(there())
    seen = set()
    for request in world.get("/control/pinpoint/requests"):
        found = operation(document, request["method"], request["path"])
        seen.add((request["method"], request["path"]))
        known = {
            each["name"]: each for each in (resolved(document, one) for one in found.get("parameters", []))
        }
        for name, word in request["query"].items():
            assert name in known, f"{request['path']} takes no {name}"
            schema = resolved(document, known[name]["schema"])
            fits(document, schema, parameter_value(schema, word))
        if not request["body"]:
            continue
        content = resolved(document, found["requestBody"])["content"]
        body = json.loads(request["body"])
        about = body["data"]["attributes"]
        if request["status"] == 422 and not PROOF & about.keys():
            about |= dict.fromkeys(PROOF, "left out to be refused")
        fits(document, content["application/vnd.api+json"]["schema"], body)
    assert {method for method, _ in seen} == {"GET", "POST", "PUT", "DELETE"}
    assert len(seen) >= 12
