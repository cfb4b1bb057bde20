"""A secret opens in its own row only, and keys can be changed while the product runs."""

from __future__ import annotations

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from foundation import secrets
from foundation.secrets import SecretMisplaced, SecretUnreadable
from outreach.models import Mailbox
from tests.outreach.making import mailbox

HERE = {"table": "outreach_mailbox", "row": 7, "organisation": 3}
MAILBOXES = secrets.SealedColumn(Mailbox, "secret")


def test_what_was_sealed_can_be_read_again_and_is_not_visible():
    sealed = secrets.seal({"password": "hunter2"}, **HERE)
    assert "hunter2" not in sealed
    assert secrets.unseal(sealed, **HERE) == {"password": "hunter2"}


@pytest.mark.parametrize("moved", [{"row": 8}, {"table": "integrations_connection"}, {"organisation": 4}])
def test_a_ciphertext_copied_to_another_row_does_not_open_there(moved):
    sealed = secrets.seal({"password": "hunter2"}, **HERE)
    with pytest.raises(SecretMisplaced):
        secrets.unseal(sealed, **{**HERE, **moved})


@pytest.mark.parametrize("broken", ["", "not a token", "gAAAAAB"])
def test_what_no_key_opens_is_unreadable(broken):
    with pytest.raises(SecretUnreadable) as refused:
        secrets.unseal(broken, **HERE)
    assert not isinstance(refused.value, SecretMisplaced)


def test_an_older_key_still_opens_and_the_newest_seals(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SECRET_BOX_KEYS = [old]
    sealed = secrets.seal({"password": "hunter2"}, **HERE)
    settings.SECRET_BOX_KEYS = [new, old]
    assert secrets.unseal(sealed, **HERE) == {"password": "hunter2"}
    settings.SECRET_BOX_KEYS = [new]
    with pytest.raises(SecretUnreadable):
        secrets.unseal(sealed, **HERE)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_a_signed_text_is_verified_and_a_changed_one_is_not(text):
    signed = secrets.sign(text)
    assert secrets.verify(signed) == text
    assert secrets.verify(signed[:-1] + ("A" if signed[-1] != "A" else "B")) is None
    assert secrets.verify("x" + signed) is None


@pytest.mark.parametrize("foreign", ["", ".", "12", "12.", "12.ÄÖÜ"])
def test_a_text_without_our_signature_is_nobody(foreign):
    assert secrets.verify(foreign) is None


def test_a_fingerprint_recognises_an_address_and_needs_the_pepper(settings):
    known = secrets.fingerprint("ada@example.com")
    assert known == secrets.fingerprint("ada@example.com") != secrets.fingerprint("bob@example.com")
    settings.PEPPER = "another"
    assert secrets.fingerprint("ada@example.com") != known


# ── rotation ────────────────────────────────────────────────────────────────


@pytest.fixture
def keys(settings) -> tuple[str, str]:
    old, new = settings.SECRET_BOX_KEYS[0], Fernet.generate_key().decode()
    settings.SECRET_BOX_KEYS = [new, old]
    return old, new


def stored(box: Mailbox) -> str:
    return Mailbox.objects.across_organisations("tests").get(pk=box.pk).secret


def opened(box: Mailbox) -> dict[str, object]:
    return secrets.unseal(stored(box), table="outreach_mailbox", row=box.pk, organisation=box.organisation_id)


@pytest.mark.django_db
def test_rotation_leaves_every_secret_readable_without_the_old_key(settings):
    box = mailbox()
    before = opened(box)
    old, new = settings.SECRET_BOX_KEYS[0], Fernet.generate_key().decode()
    settings.SECRET_BOX_KEYS = [new, old]
    outcome = secrets.rotate(MAILBOXES)
    assert (outcome.rotated, outcome.current) == (1, 0)
    settings.SECRET_BOX_KEYS = [new]
    assert opened(box) == before


@pytest.mark.django_db
def test_rotation_can_be_begun_again_and_touches_only_what_is_left(settings):
    box = mailbox()
    settings.SECRET_BOX_KEYS = [Fernet.generate_key().decode(), *settings.SECRET_BOX_KEYS]
    secrets.rotate(MAILBOXES)
    written = stored(box)
    outcome = secrets.rotate(MAILBOXES)
    assert (outcome.rotated, outcome.current) == (0, 1)
    assert stored(box) == written


@pytest.mark.django_db
def test_a_secret_stored_during_the_rotation_wins(settings, monkeypatch):
    box = mailbox()
    settings.SECRET_BOX_KEYS = [Fernet.generate_key().decode(), *settings.SECRET_BOX_KEYS]
    read = secrets._values

    def read_then_someone_saves(sealed: secrets.SealedColumn, batch: int):
        for pk, old in read(sealed, batch):
            newer = secrets.seal(
                {"password": "newer"},
                table="outreach_mailbox",
                row=box.pk,
                organisation=box.organisation_id,
            )
            Mailbox.objects.across_organisations("tests").filter(pk=pk).update(secret=newer)
            yield pk, old

    monkeypatch.setattr(secrets, "_values", read_then_someone_saves)
    assert secrets.rotate(MAILBOXES).changed_meanwhile == 1
    assert opened(box) == {"password": "newer"}


@pytest.mark.django_db
def test_the_command_says_what_it_did_and_fails_when_something_stays_unreadable(settings):
    box = mailbox()
    settings.SECRET_BOX_KEYS = [Fernet.generate_key().decode(), *settings.SECRET_BOX_KEYS]
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    assert "outreach_mailbox.secret: 1 rotated" in out.getvalue()
    Mailbox.objects.across_organisations("tests").filter(pk=box.pk).update(secret="of a lost key")
    with pytest.raises(CommandError, match="1 secret"):
        call_command("rotate_keys", stdout=io.StringIO())


def test_every_column_that_holds_sealed_text_is_registered():
    names = {f"{sealed.model._meta.db_table}.{sealed.column}" for sealed in secrets.sealed_columns()}
    assert names == {
        "foundation_idempotentanswer.sealed",
        "integrations_connection.secret",
        "integrations_hook.sealed",
        "outreach_mailbox.secret",
        "outreach_oauthgrant.secret",
        "publishing_endpoint.sealed",
        "sourcing_findingprovider.secret",
    }
