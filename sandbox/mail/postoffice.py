"""What happens to a message after it was taken: the books, the copies, and the answers that come back later."""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import secrets
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from sandbox.mail import answers
from sandbox.mail.answers import Answered
from sandbox.mail.behaviour import Behaviour, account_name, of_address
from sandbox.mail.ledger import Ledger, Submission
from sandbox.mail.store import MailStore
from sandbox.switches import Switches

_ANSWERING = (Behaviour.BOUNCE, Behaviour.OOO, Behaviour.REPLY, Behaviour.REPLYOTHER)


class PostOffice:
    """Takes submissions; delivers to mailboxes here and lets the others answer."""

    def __init__(self, store: MailStore, ledger: Ledger, switches: Switches) -> None:
        self.store = store
        self.ledger = ledger
        self._switches = switches
        self._pending: dict[int, tuple[asyncio.TimerHandle, Callable[[], None]]] = {}
        self._counter = 0

    @property
    def pending(self) -> int:
        """Answers that are still to come."""
        return len(self._pending)

    def take(self, submission: Submission, *, answered: bool = True) -> str:
        """Book and deliver one message; its queue id. ``answered``: False if the sender will not hear of it."""
        message = submission.parse()
        queue_id = secrets.token_hex(5).upper()
        raw = submission.raw
        delivered_id = " ".join(str(message.get("Message-ID", "")).split())
        rewritten = any(of_address(each) is Behaviour.REWRITE for each in submission.recipients)
        if rewritten:
            delivered_id = f"<{secrets.token_hex(12).upper()}@{answers.HOST}>"
            raw = answers.with_new_message_id(raw, delivered_id)
        number = self.ledger.accept(submission, message, delivered_id=delivered_id, answered=answered)
        if (rewritten or self._switches.save_sent) and self.store.has_account(submission.account):
            self.store.append(submission.account, "Sent", raw, flags=("\\Seen",))
        for recipient in submission.recipients:
            if self.store.has_account(account_name(recipient)):
                self.deliver(account_name(recipient), raw, envelope_from=submission.sender, queue_id=queue_id)
            elif of_address(recipient) in _ANSWERING:
                self._answer_later(number, Answered(message, raw, submission.sender, recipient))
        return queue_id

    def deliver(self, mailbox: str, raw: bytes, *, envelope_from: str, queue_id: str = "") -> int:
        """Put a mail into an INBOX with the trace headers of the last hop; its UID."""
        traced = answers.with_trace(
            raw,
            now=_now(),
            envelope_from=envelope_from,
            mailbox=mailbox,
            queue_id=queue_id or secrets.token_hex(5).upper(),
        )
        return self.store.append(mailbox, "INBOX", traced).uid

    def flush(self) -> None:
        """Let every answer that is still to come arrive now."""
        for handle, run in list(self._pending.values()):
            handle.cancel()
            run()

    def _answer_later(self, number: int, answered: Answered) -> None:
        self._counter += 1
        ticket = self._counter

        def run() -> None:
            del self._pending[ticket]
            self._answer(number, answered)

        delay = self._switches.answer_delay
        self._pending[ticket] = (asyncio.get_running_loop().call_later(delay, run), run)

    def _answer(self, number: int, answered: Answered) -> None:
        kind = of_address(answered.recipient)
        message_id = f"<{secrets.token_hex(10)}@{answers.HOST}>"
        raw = self._written(kind, answered, message_id)
        human = kind in (Behaviour.REPLY, Behaviour.REPLYOTHER)
        target = account_name(answered.reply_to if human else answered.sender)
        mailbox = target if self.store.has_account(target) else ""
        if mailbox:
            # RFC 3464 §2, RFC 3834 §3.3: reports and automatic answers travel with an empty envelope sender.
            writer = parseaddr(str(email.message_from_bytes(raw)["From"]))[1]
            self.deliver(mailbox, raw, envelope_from=writer if human else "")
        self.ledger.answered_with(
            number, kind=kind.value, recipient=answered.recipient, mailbox=mailbox, message_id=message_id
        )

    def _written(self, kind: Behaviour, answered: Answered, message_id: str) -> bytes:
        now = _now()
        if kind is Behaviour.BOUNCE:
            return answers.delivery_report(
                answered,
                now=now,
                message_id=message_id,
                status=self._switches.bounce_status,
                action=self._switches.bounce_action,
            )
        if kind is Behaviour.OOO:
            back = (now + dt.timedelta(days=self._switches.ooo_days)).date()
            return answers.out_of_office(answered, now=now, message_id=message_id, back=back)
        if kind is Behaviour.REPLY:
            return answers.reply(answered, now=now, message_id=message_id)
        keeps = self._switches.replyother_keeps
        return answers.reply_from_another_address(answered, now=now, message_id=message_id, keeps=keeps)


def composed(*, sender: str, to: str, subject: str, text: str, headers: dict[str, str]) -> bytes:
    """A plain mail from parts, for putting one into a mailbox by hand."""
    message = EmailMessage(policy=answers.POLICY)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(_now())
    message["Message-ID"] = f"<{secrets.token_hex(10)}@{answers.HOST}>"
    for name, value in headers.items():
        del message[name]
        message[name] = value
    message.set_content(text)
    return message.as_bytes(policy=answers.POLICY)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)
