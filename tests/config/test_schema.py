"""The API describes itself, every route included."""

from __future__ import annotations

import pytest


@pytest.mark.django_db
def test_the_schema_lists_every_route_of_the_api(client):
    answer = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    paths = answer.json()["paths"]
    assert {"/api/v1/candidates/", "/api/v1/campaigns/", "/api/v1/me/", "/api/v1/exports/"} <= set(paths)
    creates = [methods["post"] for methods in paths.values() if "post" in methods]
    open_to_all = [create for create in creates if create["security"] == [{}]]
    assert {create["operationId"] for create in open_to_all} == {"pairing_create", "pairing_refresh"}
    for create in open_to_all:
        # Nobody is logged in whose key it would be.
        assert "parameters" not in create
        creates.remove(create)
    assert creates
    for create in creates:
        assert "Idempotency-Key" in {each["name"] for each in create["parameters"]}
