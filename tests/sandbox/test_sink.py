from __future__ import annotations

import json
import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def sink(folder: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    file = folder / "sink.json"
    command = [sys.executable, "-m", "sandbox.mail.sink", "--file", str(file), "--die-with", str(os.getpid())]
    with subprocess.Popen([*command, *arguments], cwd=ROOT) as process:
        while not file.exists():
            assert process.poll() is None
            time.sleep(0.01)
        yield json.loads(file.read_text())
        process.terminate()
        assert process.wait(30) == 0


def get(where: dict[str, Any], path: str = "/") -> Any:
    return requests.get(f"http://127.0.0.1:{where['http_port']}{path}", timeout=10).json()


def send(where: dict[str, Any], to: str, step: str) -> None:
    with smtplib.SMTP("127.0.0.1", where["port"], timeout=10) as session:
        session.login("anyone", "anything")
        session.sendmail("a@x.example", [to], f"Subject: x\r\nX-Beckon-Step: {step}\r\n\r\n.hidden dot\r\n")


def test_the_sink_counts_per_recipient_and_finds_duplicates(tmp_path: Path) -> None:
    with sink(tmp_path) as where:
        for to, step in (("ANNA@x.example", "1"), ("anna@x.example", "2"), ("ben@x.example", "1")):
            send(where, to, step)
        assert get(where)["duplicates"] == 0
        send(where, "anna@x.example", "2")
        counts = get(where)
        assert (counts["messages"], counts["recipients"], counts["duplicates"]) == (4, 2, 1)
        assert get(where, "/recipients") == {"anna@x.example": 3, "ben@x.example": 1}
        assert get(where, "/duplicates") == [{"recipient": "anna@x.example", "key": "2", "times": 2}]
        requests.post(f"http://127.0.0.1:{where['http_port']}/clear", timeout=10)
        assert get(where)["messages"] == 0


def test_the_sink_answers_data_after_its_delay_and_pipelined_commands_wait(tmp_path: Path) -> None:
    with (
        sink(tmp_path, "--delay", "0.2") as where,
        smtplib.SMTP("127.0.0.1", where["port"], timeout=10) as session,
    ):
        session.ehlo()
        begin = time.monotonic()
        session.sendmail("a@x.example", ["b@x.example"], "Subject: x\r\n\r\nx")
        assert 0.2 <= time.monotonic() - begin < 10
        assert session.sock is not None
        session.sock.sendall(b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n")
        assert [session.getreply()[0] for _ in range(3)] == [250, 250, 354]
        session.sock.sendall(b"Subject: y\r\n\r\ny\r\n.\r\nNOOP\r\n")
        begin = time.monotonic()
        assert [session.getreply()[0] for _ in range(2)] == [250, 250]
        assert time.monotonic() - begin >= 0.15


def test_lines_are_cut_by_dice_that_fall_the_same_way_with_the_same_seed(tmp_path: Path) -> None:
    outcomes = []
    for _ in range(2):
        failed = []
        with sink(tmp_path, "--cut-rate", "0.4", "--seed", "7", "--cut-at", "answer", "mail") as where:
            for number in range(30):
                try:
                    send(where, "anna@x.example", str(number))
                except (smtplib.SMTPException, ConnectionError):
                    failed.append(number)
            counts = get(where)
            assert sum(counts["cuts"].values()) == len(failed)
            assert counts["messages"] == 30 - counts["cuts"]["mail"]
            assert counts["unanswered"] == counts["cuts"]["answer"]
        outcomes.append(failed)
    assert outcomes[0] == outcomes[1]
    assert 3 < len(outcomes[0]) < 27
