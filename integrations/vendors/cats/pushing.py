"""One person into CATS: created in one call or brought up to date in several, then attached.

CATS takes a new record whole, but a known one piece by piece: the record itself by PUT, and e-mails, phones, custom
fields, tags and work history each in their own place. So a push may be broken off between two calls. Whatever is there
already is looked up before anything is added to it; a push that is made again adds what is missing and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from integrations.base.errors import ConnectorError, Incomplete, NotFound, RecordGone, Rejected
from integrations.base.records import (
    PersonWrite,
    PushAction,
    PushResult,
    RemotePerson,
    Target,
    TargetKind,
    Value,
)
from integrations.base.uniting import phone_key
from integrations.vendors.cats import assumed, fields, mapping
from integrations.vendors.cats.client import CatsClient, made_id
from integrations.vendors.cats.fields import PATHS
from integrations.vendors.cats.lists import rows, total, walk

CONTACT_ON_JOB = "Contacts cannot be put on a job."
_FIRST_ONE = {"page": "1", "per_page": str(assumed.LIST_LOOKED_THROUGH)}


class Push:
    """One push under way."""

    def __init__(self, client: CatsClient, write: PersonWrite) -> None:
        self._client = client
        self._write = write
        self._path = PATHS[write.record_type]
        self._left_out: dict[str, str] = {}

    def create(self) -> PushResult:
        """POST everything one call can take, then what it cannot. Raises Incomplete once the record is there."""
        self._refuse_impossible_target()
        body = mapping.create_body(self._write.values)
        if self._write.record_type == "contact":
            body["owner_id"] = int(self._owner())
            body["company_id"] = int(self._company())
        params = {"check_duplicate": assumed.CHECK_DUPLICATE_PEOPLE}
        number = made_id(self._client.post(f"/{self._path}", body=body, params=params, empty=True))
        later = [lambda: self._add_tags(number), lambda: self._attach(number, known=False)]
        return self._finish(number, PushAction.CREATED, later)

    def update(self, existing: RemotePerson) -> PushResult:
        """Every piece that differs, in its own place. Raises RecordGone, and Incomplete after the first change."""
        self._refuse_impossible_target()
        number, target = existing.external_id, self._write.target
        attached = target is None or target.external_id in existing.target_ids
        if attached and not self._write.values:
            return PushResult(external_id=number, action=PushAction.UNCHANGED)
        steps: list[Callable[[], bool]] = [
            lambda: self._put_record(existing),
            lambda: self._add_emails(number),
            lambda: self._add_phones(number),
            lambda: self._put_custom(number),
            lambda: self._add_positions(number),
            lambda: self._add_tags(number),
        ]
        if not attached:
            steps.append(lambda: self._attach(number, known=True))
        return self._finish(number, PushAction.UPDATED, steps)

    def _finish(self, number: str, action: PushAction, steps: list[Callable[[], bool]]) -> PushResult:
        """Take the steps, each saying whether it changed anything, until one is refused."""
        changed = action is PushAction.CREATED
        for step in steps:
            try:
                changed = step() or changed
            except ConnectorError as error:
                if not changed:
                    raise
                raise Incomplete(error, result=self._result(number, action)) from error
        return self._result(number, action if changed else PushAction.UNCHANGED)

    def _result(self, number: str, action: PushAction) -> PushResult:
        return PushResult(external_id=number, action=action, left_out=dict(self._left_out))

    # --- the record -------------------------------------------------------------------------------------------------

    def _put_record(self, existing: RemotePerson) -> bool:
        write = self._write
        body = mapping.plain_body(write.values)
        address = mapping.address_body(write.values, {**existing.values, **write.whole})
        if address:
            body["address"] = address
        if not body:
            return False
        # Both names are required, whatever changes.
        for key, known in (("first_name", existing.first_name), ("last_name", existing.last_name)):
            body.setdefault(key, write.whole.get(key) or known)
        with _gone_if_missing():
            self._client.put(f"/{self._path}/{existing.external_id}", body=body, empty=True)
        return True

    def _owner(self) -> str:
        """The owner of a new contact: the chosen one, else whoever acts."""
        chosen = str(self._write.values.get("owner_id") or "")
        return fields.owner(self._client, chosen=chosen, acting_as=self._write.acting_as, of="contact")

    def _company(self) -> str:
        """The company of a new contact, by its number; which one it is was settled before."""
        chosen = str(self._write.values.get("company_id") or "").strip()
        if chosen.isascii() and chosen.isdigit():
            return chosen
        if chosen:
            words = "The company id in CATS is a number: it stands at the end of the company's address there."
            raise Rejected(words, fields={"company_id": words})
        words = "CATS needs a company for a contact. Fill in “Company”, then retry."
        raise Rejected(words, fields={"company": words})

    # --- what has its own place -------------------------------------------------------------------------------------

    def _add_emails(self, number: str) -> bool:
        """Add the addresses that are not there; one that only stood for "none is known" is replaced by the first."""
        wanted = _texts(self._write.values.get("emails"))
        if not wanted:
            return False
        there = self._there(number, "emails")
        held = [str(row.get("email") or "").strip() for row in there]
        known = {address.casefold() for address in held}
        missing = [address for address in wanted if address.casefold() not in known]
        if not missing:
            return False
        first = not any(known)
        for row, address in zip(there, held, strict=True):
            if missing and mapping.is_dummy(address) and address not in wanted:
                body = {"email": missing.pop(0), "is_primary": row.get("is_primary") is not False}
                self._client.put(self._place(number, "emails", row), body=body, empty=True)
        for place, address in enumerate(missing):
            body = {"email": address, "is_primary": first and place == 0}
            self._client.post(f"/{self._path}/{number}/emails", body=body, empty=True)
        return True

    def _add_phones(self, number: str) -> bool:
        wanted = _texts(self._write.values.get("phones"))
        if not wanted:
            return False
        known = {phone_key(str(row.get("number") or "")) for row in self._there(number, "phones")}
        missing = [phone for phone in wanted if phone_key(phone) not in known]
        for phone in missing:
            self._client.post(f"/{self._path}/{number}/phones", body=mapping.phone_body(phone), empty=True)
        return bool(missing)

    def _put_custom(self, number: str) -> bool:
        written = False
        for field_id, value in mapping.custom_values(self._write.values).items():
            path = f"/{self._path}/{number}/custom_fields/{field_id}"
            try:
                self._client.put(path, body={"value": value}, empty=True)
                written = True
            except NotFound:
                self._left_out[f"{fields.CUSTOM}{field_id}"] = "CATS has no such field any more."
        return written

    def _add_positions(self, number: str) -> bool:
        wanted = mapping.positions(self._write.values)
        if not wanted:
            return False
        there = self._there(number, "work_history")
        missing = [each for each in wanted if not any(mapping.same_position(row, each) for row in there)]
        for position in missing:
            body = assumed.work_history_row(position)
            self._client.post(f"/{self._path}/{number}/work_history", body=body, empty=True)
        return bool(missing)

    def _add_tags(self, number: str) -> bool:
        """PUT adds tags; POST would replace them. Tags are made in CATS: one it does not know is left out."""
        wanted = _texts(self._write.values.get("tags"))
        if not wanted:
            return False
        known = {
            str(row.get("title") or row.get("name") or "").strip().casefold(): row.get("id")
            for row in walk(self._client, "/tags", "tags")
        }
        unknown = [tag for tag in wanted if tag.casefold() not in known]
        if unknown:
            names = ", ".join(f"“{tag}”" for tag in unknown)
            self._left_out["tags"] = f"CATS has no tag {names}. Tags are made in CATS."
        found = [{"id": known[tag.casefold()]} for tag in wanted if tag.casefold() in known]
        if not found:
            return False
        self._client.put(f"/{self._path}/{number}/tags", body={"tags": found}, empty=True)
        return True

    def _there(self, number: str, what: str) -> list[dict[str, Any]]:
        with _gone_if_missing():
            return list(walk(self._client, f"/{self._path}/{number}/{what}", what))

    def _place(self, number: str, what: str, row: Mapping[str, Any]) -> str:
        """A row of a sub-collection goes by its own id, which is not the person's."""
        return f"/{self._path}/{number}/{what}/{row.get('id')}"

    # --- attaching --------------------------------------------------------------------------------------------------

    def _refuse_impossible_target(self) -> None:
        target = self._write.target
        if target is None:
            return
        if target.kind is TargetKind.JOB:
            if self._write.record_type == "contact":
                raise Rejected(CONTACT_ON_JOB)
            if not target.external_id.isdigit():
                raise NotFound("CATS has no such job.")
        elif not target.external_id.startswith(f"{self._path}/"):
            kind = "contacts" if self._path == "candidates" else "candidates"
            raise Rejected(
                f"“{target.name}” is a list of {kind}: a {self._write.record_type} cannot be put there."
            )

    def _attach(self, number: str, *, known: bool) -> bool:
        """Put the person where they belong; ``known``: they may be there already."""
        target = self._write.target
        if target is None:
            return False
        if target.kind is TargetKind.JOB:
            return self._put_on_job(number, target, known=known)
        return self._put_on_list(number, target, known=known)

    def _put_on_job(self, number: str, job: Target, *, known: bool) -> bool:
        if known and any(
            str(row.get("job_id")) == job.external_id for row in self._there(number, "pipelines")
        ):
            return False
        body = {"candidate_id": int(number), "job_id": int(job.external_id)}
        self._client.post("/pipelines", body=body, params={"create_activity": "true"}, empty=True)
        return True

    def _put_on_list(self, number: str, pool: Target, *, known: bool) -> bool:
        path = f"/{self._path}/lists/{pool.external_id.partition('/')[2]}/items"
        person = f"{self._write.record_type}_id"
        if known:
            page = self._client.get(path, params=_FIRST_ONE).data
            found = rows(page, "items")
            if total(page) <= assumed.LIST_LOOKED_THROUGH and any(
                str(row.get(person)) == number for row in found
            ):
                return False
        self._client.post(path, body={"items": [{person: int(number)}]}, empty=True)
        return True


@contextmanager
def _gone_if_missing() -> Iterator[None]:
    """A 404 under the person's own address is the person's."""
    try:
        yield
    except NotFound as error:
        raise RecordGone(str(error)) from error


def _texts(value: Value | None) -> tuple[str, ...]:
    found = value if isinstance(value, tuple) else ()
    return tuple(dict.fromkeys(item.strip() for item in found if isinstance(item, str) and item.strip()))
