from __future__ import annotations

import smtplib
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.client import Sandbox, SandboxFailed
from tests.sandbox.conftest import Mail


def test_a_wrong_password_is_refused_in_words(world: Sandbox) -> None:
    with (
        smtplib.SMTP(world.host, world.smtp_port, timeout=10) as session,
        pytest.raises(smtplib.SMTPAuthenticationError) as caught,
    ):
        session.login("alice@demo.example", "wrong")
    assert caught.value.smtp_code == 535
    assert b"password" in caught.value.smtp_error


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
def test_plain_and_login_both_work(world: Sandbox, mechanism: str) -> None:
    with smtplib.SMTP(world.host, world.smtp_port, timeout=10) as session:
        session.ehlo()
        session.user, session.password = "bob@demo.example", "b:o b"
        code, _ = session.auth(mechanism.removeprefix("auth_").upper(), getattr(session, mechanism))
    assert code == 235


def test_nothing_is_taken_without_a_login(world: Sandbox) -> None:
    with (
        smtplib.SMTP(world.host, world.smtp_port, timeout=10) as session,
        pytest.raises(smtplib.SMTPSenderRefused) as caught,
    ):
        session.sendmail("alice@demo.example", ["x@x.example"], "Subject: x\r\n\r\nx")
    assert caught.value.smtp_code == 530
    assert world.ledger()["accepted"] == 0


def test_both_kinds_of_tls_carry_a_certificate_that_its_file_vouches_for(world: Sandbox) -> None:
    trusting = ssl.create_default_context(cafile=str(world.certificate))
    with smtplib.SMTP("127.0.0.1", world.smtp_port, timeout=10) as session:
        session.starttls(context=trusting)
        session.login("alice@demo.example", world.password("alice@demo.example"))
        session.sendmail("alice@demo.example", ["one@x.example"], "Subject: x\r\n\r\nx")
    with smtplib.SMTP_SSL("127.0.0.1", world.smtps_port, timeout=10, context=trusting) as session:
        session.login("alice@demo.example", world.password("alice@demo.example"))
        session.sendmail("alice@demo.example", ["two@x.example"], "Subject: x\r\n\r\nx")
    assert [each["recipients"] for each in world.messages()] == [["one@x.example"], ["two@x.example"]]


def test_a_client_that_does_not_know_the_certificate_refuses_it(world: Sandbox) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        smtplib.SMTP_SSL("127.0.0.1", world.smtps_port, timeout=10, context=ssl.create_default_context())


def test_an_unknown_user_is_refused_at_rcpt(mail: Mail, world: Sandbox) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        mail.send("reject.anna@x.example")
    code, words = caught.value.recipients["reject.anna@x.example"]
    assert (code, words[:5]) == (550, b"5.1.1")
    assert world.ledger()["accepted"] == 0
    assert world.refused()[0]["recipient"] == "reject.anna@x.example"


def test_greylisting_holds_back_once_per_sender_and_recipient(mail: Mail, world: Sandbox) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        mail.send("greylist.once@x.example")
    assert caught.value.recipients["greylist.once@x.example"][0] == 451
    mail.send("greylist.once@x.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        Mail(world, "bob@demo.example").send("greylist.once@x.example")
    assert world.ledger()["accepted"] == 1


def test_drop_takes_the_message_and_cuts_before_the_answer(mail: Mail, world: Sandbox) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail.send("drop.anna@x.example")
    counts = world.ledger()
    assert (counts["accepted"], counts["unanswered"]) == (1, 1)
    assert world.messages()[0]["answered"] is False


def test_drop_may_lose_the_message_or_cut_in_the_middle_of_it(mail: Mail, world: Sandbox) -> None:
    world.control(drop_keeps=False)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail.send("drop.anna@x.example")
    world.control(drop_at="middle", drop_keeps=True)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        mail.send("drop.anna@x.example", text="a long line of text\n" * 20_000)
    assert world.ledger()["accepted"] == 0
    assert [each["stage"] for each in world.refused()] == ["middle", "answer"]


def test_slow_answers_data_after_its_delay(mail: Mail, world: Sandbox) -> None:
    world.control(slow_delay=0.4)
    begin = time.monotonic()
    mail.send("slow.anna@x.example")
    assert time.monotonic() - begin >= 0.4


@pytest.mark.parametrize("place", ["greeting", "mail", "rcpt", "data", "answer"])
def test_lines_are_cut_for_the_next_connections_only(mail: Mail, world: Sandbox, place: str) -> None:
    world.control(smtp_cut_next=2, smtp_cut_at=place)
    for _ in range(2):
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            mail.send("anna@x.example")
    mail.send("anna@x.example")
    assert world.ledger()["accepted"] == (3 if place == "answer" else 1)
    assert world.ledger()["refused_at"] == {place: 2}


@pytest.mark.parametrize(
    ("place", "words", "problem"),
    [
        ("mail", "421 4.7.0 Too many messages", smtplib.SMTPSenderRefused),
        ("rcpt", "450 4.3.2 Try again later", smtplib.SMTPRecipientsRefused),
        ("data", "554 5.7.1 Message refused by policy", smtplib.SMTPDataError),
    ],
)
def test_everything_can_be_refused_at_a_place_in_given_words(
    mail: Mail, world: Sandbox, place: str, words: str, problem: type[Exception]
) -> None:
    world.control(smtp_refuse_at=place, smtp_refuse_with=words)
    with pytest.raises(problem) as caught:
        mail.send("anna@x.example")
    assert words[4:9] in str(caught.value)
    assert world.refused()[0]["answer"] == words


def test_logins_can_be_refused_and_all_data_delayed(mail: Mail, world: Sandbox) -> None:
    world.control(smtp_refuse_logins=True)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        mail.smtp()
    world.control(smtp_refuse_logins=False, smtp_data_delay=0.3)
    begin = time.monotonic()
    mail.send("anna@x.example")
    assert time.monotonic() - begin >= 0.3


def test_a_hanging_server_accepts_connections_and_never_answers(mail: Mail, world: Sandbox) -> None:
    world.control(smtp_hang=True)
    with socket.create_connection((world.host, world.smtp_port), 5) as line:
        line.settimeout(0.3)
        with pytest.raises(TimeoutError):
            line.recv(1)
        world.control(smtp_hang=False)
        line.settimeout(5)
        assert line.recv(3) == b"220"


def test_an_unknown_switch_or_a_wrong_value_changes_nothing(world: Sandbox) -> None:
    with pytest.raises(SandboxFailed, match="no switch called 'smtp_hnag'"):
        world.control(smtp_refuse_logins=True, smtp_hnag=True)
    with pytest.raises(SandboxFailed, match="takes a int"):
        world.control(smtp_refuse_logins=True, smtp_cut_next="many")
    assert world.control()["smtp_refuse_logins"] is False


def test_the_ledger_keeps_envelope_headers_and_bytes(mail: Mail, world: Sandbox) -> None:
    sent = mail.send(
        "anna@x.example",
        X_Beckon_Ref="ref-1",
        X_Beckon_Step="step-1",
        List_Unsubscribe="<https://b.example/u/1>",
    )
    (kept,) = world.messages()
    assert kept["account"] == kept["sender"] == "alice@demo.example"
    assert kept["recipients"] == ["anna@x.example"]
    assert (kept["message_id"], kept["subject"]) == (sent, "A post in Zürich")
    assert (kept["beckon_ref"], kept["beckon_step"]) == ("ref-1", "step-1")
    assert kept["list_unsubscribe"] == "<https://b.example/u/1>"
    raw = world.raw(kept["id"])
    assert kept["size"] == len(raw)
    assert raw.endswith(b"Hello there\r\n")
    assert ["To", "anna@x.example"] in world.message(kept["id"])["headers"]
    assert world.messages(after=kept["id"]) == world.messages(recipient="other@x.example") == []


def test_duplicates_go_by_step_then_reference_then_words(mail: Mail, world: Sandbox) -> None:
    mail.send("anna@x.example", X_Beckon_Step="s1", X_Beckon_Ref="r1", text="first text")
    mail.send("anna@x.example", X_Beckon_Step="s2", X_Beckon_Ref="r2", text="second text")
    mail.send("ben@x.example", X_Beckon_Step="s1", X_Beckon_Ref="r3", text="first text")
    assert world.ledger()["duplicates"] == 0
    mail.send("ANNA@x.example", X_Beckon_Step="s1", X_Beckon_Ref="r4", text="changed")
    assert (world.ledger()["duplicates"], world.ledger()["duplicates_by_content"]) == (1, 0)
    mail.send("carl@x.example", X_Beckon_Ref="r9")
    mail.send("carl@x.example", X_Beckon_Ref="r9")
    mail.send("dora@x.example", text="words and https://b.example/u/one")
    mail.send("dora@x.example", text="words and https://b.example/u/two")
    assert (world.ledger()["duplicates"], world.ledger()["duplicates_by_content"]) == (3, 2)
    groups = world.get("/control/ledger/duplicates")
    assert [(group["recipient"].lower(), group["times"]) for group in groups] == [
        ("anna@x.example", 2),
        ("carl@x.example", 2),
        ("dora@x.example", 2),
    ]


def test_many_senders_at_once_lose_nothing(mail: Mail, world: Sandbox) -> None:
    def submit(sender: int) -> None:
        with mail.smtp() as session:
            for number in range(50):
                session.sendmail(
                    mail.address,
                    [f"p{sender}.{number}@x.example"],
                    f"Subject: {number}\r\nX-Beckon-Step: s\r\n\r\n" + "text\r\n" * 50,
                )

    begin = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(submit, range(8)))
    counts = world.ledger()
    assert (counts["accepted"], counts["recipients"], counts["duplicates"]) == (400, 400, 0)
    assert time.monotonic() - begin < 60


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b".\r\n", b""),
        (b"Subject: x\r\n\r\n..one dot\r\n...\r\n.\r\n", b"Subject: x\r\n\r\n.one dot\r\n..\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
    ],
)
def test_dots_are_unstuffed_and_an_early_client_is_understood(
    mail: Mail, world: Sandbox, written: bytes, read: bytes
) -> None:
    with mail.smtp() as session:
        session.mail("alice@demo.example")
        session.rcpt("anna@x.example")
        assert session.sock is not None
        session.sock.sendall(b"DATA\r\n" + written + b"NOOP\r\n")
        assert [session.getreply()[0] for _ in range(3)] == [354, 250, 250]
    assert world.raw(world.messages()[0]["id"]) == read


def test_overlong_lines_are_refused(mail: Mail, world: Sandbox) -> None:
    with mail.smtp() as session:
        session.mail("alice@demo.example")
        session.rcpt("anna@x.example")
        assert session.data(b"Subject: x\r\n\r\n" + b"y" * 1500 + b"\r\n")[0] == 500
        assert session.noop()[0] == 250
    assert world.ledger()["accepted"] == 0
