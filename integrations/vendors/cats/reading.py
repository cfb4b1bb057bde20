"""One person with where they stand on jobs."""

from __future__ import annotations

import dataclasses

from integrations.base.errors import NotFound, RecordGone
from integrations.base.records import RemotePerson, RemoteRef
from integrations.vendors.cats import mapping
from integrations.vendors.cats.client import CatsClient
from integrations.vendors.cats.fields import PATHS
from integrations.vendors.cats.lists import walk


class Reader:
    """Reads people; what the account's statuses mean is asked once."""

    def __init__(self, client: CatsClient) -> None:
        self._client = client
        self._words: dict[str, dict[str, str]] = {}

    def read(self, ref: RemoteRef) -> RemotePerson:
        """The record, and for a candidate their jobs: a second call. Raises RecordGone."""
        path = f"/{PATHS[ref.record_type]}/{ref.external_id}"
        try:
            found = mapping.person(self._client.get(path).data, ref.record_type)
            if ref.record_type != "candidate":
                return found
            pipelines = list(walk(self._client, f"{path}/pipelines", "pipelines"))
        except NotFound as error:
            raise RecordGone(str(error)) from error
        words = [self._word(str(row.get("workflow_id")), str(row.get("status_id"))) for row in pipelines]
        return dataclasses.replace(
            found,
            target_ids=frozenset(str(row["job_id"]) for row in pipelines if row.get("job_id")),
            standing=found.standing or mapping.standing_on_jobs(words),
        )

    def _word(self, workflow: str, status: str) -> str:
        """What a status of a workflow means, or empty; ``mapping`` says it in the vendor's words, else the title."""
        if not workflow.isdigit():
            return ""
        if workflow not in self._words:
            try:
                rows = list(walk(self._client, f"/pipelines/workflows/{workflow}/statuses", "statuses"))
            except NotFound:
                rows = []
            self._words[workflow] = {
                str(row.get("id")): str(row.get("mapping") or row.get("title") or "") for row in rows
            }
        return self._words[workflow].get(status, "")
