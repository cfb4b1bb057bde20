"""Whose fault a refusal is: enhanced status code first, then words, doubtful is soft. Pure.

Sources: RFC 3463 and the IANA registry for the codes, docs/behaviour.md §4 for the classes, the servers' own
texts for the words. Every rule carries a sample that a test runs through it. Order matters among the words:
what protects an address (content, policy, full) is asked before what kills it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from outreach.inbound.reports import enhanced_code
from outreach.states import FailureClass

HARD, SOFT = FailureClass.HARD, FailureClass.SOFT
CONTENT, POLICY, MAILBOX = FailureClass.CONTENT, FailureClass.POLICY, FailureClass.MAILBOX


@dataclass(frozen=True)
class Code:
    """What an enhanced code means to us. ``needs`` are words that must be there, else the words decide."""

    failure: FailureClass
    meaning: str
    needs: str = ""


#: Codes that decide by themselves (or together with ``needs``).
CODES: Mapping[str, Code] = {
    "5.1.1": Code(HARD, "no such mailbox"),
    "5.1.2": Code(HARD, "no such domain"),
    "5.1.3": Code(HARD, "the address is not valid"),
    "5.1.6": Code(HARD, "the mailbox has moved"),
    "5.1.7": Code(POLICY, "the sender's address is refused"),
    "5.1.8": Code(POLICY, "the sender's domain is refused"),
    "5.1.10": Code(HARD, "no such recipient"),
    "5.1.90": Code(MAILBOX, "the sender's own daily limit"),
    "5.2.1": Code(HARD, "the mailbox is disabled", needs=r"^(?!.*receiving (mail|messages) (at a rate|too))"),
    "5.2.2": Code(SOFT, "the mailbox is full"),
    "5.2.3": Code(CONTENT, "the message is too big for the mailbox"),
    "5.3.1": Code(SOFT, "the receiving system is full"),
    "5.3.2": Code(SOFT, "the receiving system takes no mail now"),
    "5.3.4": Code(CONTENT, "the message is too big"),
    "5.4.1": Code(HARD, "no such recipient", needs=r"recipient address rejected|access denied"),
    "5.4.5": Code(MAILBOX, "the sender's own daily limit", needs=r"quota|limit"),
    "5.4.7": Code(SOFT, "delivery took too long"),
    "5.4.310": Code(HARD, "no such domain"),
    "5.7.13": Code(HARD, "the mailbox is disabled", needs=r"recipient"),
    "5.7.8": Code(MAILBOX, "the mailbox's login is refused"),
    "5.7.9": Code(MAILBOX, "the mailbox's login is refused", needs=r"auth|password|credential"),
    "5.7.30": Code(MAILBOX, "the mailbox's login is refused"),
    "5.7.57": Code(MAILBOX, "the mailbox is not logged in"),
    "5.7.705": Code(MAILBOX, "the sender's organisation has reached its limit"),
    "5.7.708": Code(MAILBOX, "the sender's organisation may not send now"),
}
#: Whole subjects (RFC 3463 §3), asked after the exact codes.
SUBJECTS: Mapping[str, Code] = {
    "5.6": Code(CONTENT, "the content is not accepted"),
    "5.7": Code(POLICY, "policy or authentication of the sender"),
}


@dataclass(frozen=True)
class Words:
    """A phrase of refusals. ``sample`` is one it was written for."""

    name: str
    failure: FailureClass
    pattern: str
    sample: str


WORDS: tuple[Words, ...] = (
    Words(
        "own-limit",
        MAILBOX,
        r"(daily|hourly|user|account)\b.{0,30}\b(sending|message|email|mail|recipient)s? (quota|limit|rate)"
        r"|(sending|outgoing|outbound) (quota|limit|rate)s?\b.{0,40}(exceeded|reached|over)"
        r"|exceeded (your|the|its)?.{0,20}(daily|hourly|sending)\b.{0,20}(limit|quota|rate)"
        r"|reached (your|the) (daily )?limit for (sending|message)|sender thread limit exceeded"
        r"|you have reached a limit for sending mail|tenant has exceeded threshold",
        "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to",
    ),
    Words(
        "own-outbound-spam",
        MAILBOX,
        r"outboundspamexception|bad outbound sender|outbound spam|unusual sending activity"
        r"|sending.{0,20}(suspended|disabled|blocked) for this (account|user|mailbox)",
        "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message",
    ),
    Words(
        "own-login",
        MAILBOX,
        r"(authentication|login|log in|logon) (is )?(required|failed|unsuccessful|credentials? invalid)"
        r"|username and password not accepted|basic authentication is (disabled|not supported)"
        r"|client (was )?not authenticated|smtpclientauthentication is disabled",
        "535 Username and Password not accepted. Learn more at https://support.google.com/mail",
    ),
    Words(
        "too-big",
        CONTENT,
        r"message (is )?(too (big|large)|size (exceeds|exceeded|limit))|size (of the )?message exceeds"
        r"|(exceeds?|exceeded|exceeding) (the )?(maximum|max|allowed|fixed|size)?.{0,20}(message size|size limit)"
        r"|(mail|message) size limit|line limit exceeded"
        r"|maximum message size|message too (big|long)|nachricht.{0,20}zu gro(ß|ss)",
        "552 Message size exceeds fixed maximum message size: 10485760",
    ),
    Words(
        "attachment-or-virus",
        CONTENT,
        r"(attachment|file type|extension)s?\b.{0,40}(not allowed|blocked|prohibited|rejected|refused)"
        r"|(contains?|infected with|found|detected).{0,30}\b(virus|malware|trojan)\b|virus (found|detected)",
        "554 This message contains a virus (Eicar-Test-Signature)",
    ),
    Words(
        "content",
        CONTENT,
        r"(message|mail) content (is )?(rejected|refused|not acceptable|denied)|content[- ]?filter"
        r"|bare (lf|cr|line ?feed)|duplicate header"
        r"|line (is )?too long|malformed (mime|header)|not rfc ?5?3?22 compliant"
        r"|messages? missing a valid.{0,20}header|non-ascii|8-?bit (data|characters?).{0,20}not",
        "554 Message content rejected due to suspected malformed MIME structure",
    ),
    Words(
        "blocklist",
        POLICY,
        r"blocked using|\b(spamhaus|spamcop|barracudacentral|sorbs|uceprotect|abuseat|invaluement|rbl|dnsbl)\b"
        r"|block[- ]?list(ed)?|black[- ]?list(ed)?|(?<!not )listed (in|by|at|on) |\bs31[45]0\b|\bas\(\d+\)"
        r"|unwanted messages have been sent|client host .{0,80}(blocked|rejected)"
        r"|ip (address )?.{0,60}(blocked|banned|rejected|refused)"
        r"|(host|network|client|ip( address)?) (is )?not allowed",
        "550 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org",
    ),
    Words(
        "sender-authentication",
        POLICY,
        r"\b(spf|dkim|dmarc)\b|unauthenticated (e-?mail|mail|senders?)|sender (verify|verification) failed"
        r"|does not (meet|pass).{0,40}authentication|reverse dns|\br(ever)?dns\b|\bptr\b|ip name lookup failed"
        r"|mismatche?s client ip|sender (address|domain).{0,30}rejected"
        r"|domain of sender address|not authorized to send|\bhelo\b"
        r"|\bafter (pipelined )?(mail from|ehlo|helo)\b|my name was rejected|unrout(e)?able sender"
        r"|from: domain is invalid|valid from:|email address is not verified|insecure mail relay",
        "550 Unauthenticated email from corp.example is not accepted due to domain's DMARC policy",
    ),
    Words(
        "reputation",
        POLICY,
        r"\bspam\b|unsolicited|bulk mail|reputation|suspicious|phish|abusive|junk mail"
        r"|(rejected|refused|blocked|denied|prohibited) (by|due to|for|because of).{0,30}(polic(y|ies)|security|rule)"
        r"|for policy reasons|mail re(jected|jete)\. |\bofr_?\d{3}\b"
        r"|(local|recipient|mail|administrative|site|organi[sz]ation'?s?) policy|policy (violation|restriction)"
        r"|message (was )?(blocked|rejected|refused) (by|due)|you are not allowed|not permitted to send"
        r"|sender (is )?(denied|blocked)|relay(ing)? (access )?(denied|not permitted)|unable to relay"
        r"|groups\.google\.com/support|not a member of (this|the) (mailing )?list"
        r"|restricted by.{0,40}(recipient|group|settings)|only accepts? (mail|messages) from",
        "554 Your message was rejected as likely unsolicited mail due to the poor reputation of a domain",
    ),
    Words(
        "full",
        SOFT,
        r"(mailbox|inbox|account|user|recipient|quota|storage|disk|maildir)\b.{0,40}\b(is |are )?"
        r"(full|over ?quota|over (its|the|their)?.{0,10}(limit|quota)|exceeded|exhausted|out of space)"
        r"|(over|exceeds?|exceeded) (the |its |his |her |their |allowed )?(\w+ )?(disk |storage |mailbox )?quota"
        r"|quota (exceeded|limit)|insufficient (system )?(storage|disk)|not enough (space|storage|room)"
        r"|(postfach|mailbox|speicher\w*).{0,30}(voll|überschritten|überfüllt)"
        r"|bo[iî]te.{0,30}pleine|buz[oó]n.{0,30}(lleno|llena)|casella.{0,30}piena|vol(le)? (postbus|mailbox)"
        r"|mailbox.{0,10}vol\b",
        "552 The email account that you tried to reach is over quota and inactive",
    ),
    Words(
        "for-now",
        SOFT,
        r"temporar(y|ily)|try (again )?later|again later|gr[ae]y[- ]?list|timed? ?out|time ?out|deferred"
        r"|connection (refused|reset|dropped|lost|timed)|too many (connections|messages|recipients|errors|hops)"
        r"|(retry|delivery) (time|timeout) (exceeded|expired)|could not be delivered for|message expired|throttl"
        r"|rate[- ]?limit|service (is )?(currently |temporarily )?unavailable|lost connection|host is unreachable"
        r"|network (is )?unreachable|no route to host|mail (loop|loops)|routing loop|host not found, try again"
        r"|system (is )?(down|busy)"
        r"|(vorübergehend|zeitweise|später)",
        "Delivery time expired: the host mx.example.com timed out while sending",
    ),
    Words(
        "no-such-domain",
        HARD,
        r"(host or )?domain( name)?.{0,40}(not found|does not exist|doesn't exist|unknown|not exist|invalid)"
        r"|(unknown|no such|non-?existent|bad|invalid) (host|domain)|nxdomain|name or service not known"
        r"|unrout(e)?able( mail)? (address|domain)|(does not|doesn't) (accept|receive) (any )?(mail|email)"
        r"|null ?mx|no smtp service|host unknown|host [\w.-]{1,255} not found|illegal host|domain is not reachable"
        r"|could(n't| not) find (a|any) mail exchanger|no (mx|mail exchanger).{0,30}(record|found|host)"
        r"|dns.{0,30}(no such|non-?existent|nxdomain)"
        r"|mail server.{0,40}not found for (the )?domain",
        "Host or domain name not found. Name service error for name=gone.example type=A: Host not found",
    ),
    Words(
        "gone",
        HARD,
        r"(no longer|not) (employed|working|with (us|the company)|active|in use|available at this)"
        r"|(account|mailbox|address) is (locked|frozen|blocked)|compte.{0,30}bloqu"
        r"|has left (the )?(company|organi[sz]ation|firm|us)|(account|mailbox|address|user|recipient)\b.{0,40}\b"
        r"(disabled|deactivated|deleted|closed|expired|suspended|inactive|terminated|discontinued|disconnected)"
        r"|(ist|arbeitet) nicht mehr (gültig|aktiv|im unternehmen|bei)|a quitté",
        "550 Account deactivated: eva@example.com has been disabled",
    ),
    Words(
        "no-such-person",
        HARD,
        r"(user|recipient|mailbox|account|address|addressee|person|alias|party|e-?mail|name)s?( name)?"
        r"( <?[^\s@]{1,64}@[^\s@]{1,255}>?)?( here)?,? ?(is |was |are |has |'s )?(been )?"
        r"(not (found|known|exist|listed|valid|recogni[sz]ed|local|a valid)|unknown|does ?n[o']t exist"
        r"|non-?existent|invalid|undeliverable|could not be found|doesn't have|unavailable or)"
        r"|(unknown|no such|invalid|non-?existent|bad|illegal|wrong|incorrect) (destination )?"
        r"(local part|local-part|user|recipient|mailbox|account|address|addressee|person|alias|e-?mail|destination)"
        r"|no (mailbox|account|user|recipient|person|such) (here|by|with|found|exists|matches|of)"
        r"|not listed in (the )?(public|domino)|no valid recipients|final delivery userid"
        r"|リストにありません|見つか(り|ら)|ユーザー.{0,20}(不明|存在)"
        r"|(there is|we have) no (user|mailbox|account|one|person)|this user doesn't have|not our (customer|user)"
        r"|(isn't|is not|not) (a )?(valid|known|registered|local) (user|recipient|mailbox|address|account)"
        r"|couldn't be found|can(no|')?t be found|wasn't found|recipientnotfound|adr\.(recip|unkn)"
        r"|doesn't exist|does not exist|didn't match any|address not found|address(ee)? unknown"
        r"|(empfänger|benutzer|postfach|adresse).{0,60}(unbekannt|nicht (gefunden|vorhanden)|existiert nicht|ungültig)"
        r"|(utilisateur|destinataire|adresse|bo[iî]te).{0,60}(inconnue?|introuvable|n'existe pas|n’existe pas)"
        r"|(usuario|destinatario|direcci[oó]n|buz[oó]n).{0,60}(desconocid|no existe|no encontrad)"
        r"|(utente|destinatario|indirizzo|casella).{0,60}(sconosciut|non esiste|inesistente|non trovat)"
        r"|(gebruiker|ontvanger|adres).{0,60}(onbekend|bestaat niet|niet gevonden)",
        "550 No such user here",
    ),
)
_COMPILED = tuple((rule, re.compile(rule.pattern, re.IGNORECASE)) for rule in WORDS)
#: No receiver needs more to say why; the words search backtracks.
_LONGEST = 2_000


@dataclass(frozen=True)
class Failure:
    """The class of a refusal, the enhanced code if one was given, and the rule that decided."""

    failure: FailureClass
    code: str
    rule: str
    meaning: str

    @property
    def explanation(self) -> str:
        """For people: the code and what it means."""
        return (
            f"{self.code}: {self.meaning}." if self.code else f"{self.meaning[:1].upper()}{self.meaning[1:]}."
        )


def failure_of(text: str, *, code: str = "") -> Failure:
    """The class of a refusal by ``code`` (enhanced; if general or absent, the first one in ``text``), then words.

    A 4.x.x is soft whatever the words say, except that the sender's own limits and login are the mailbox's.
    """
    text = " ".join(text[:_LONGEST].split())
    code = _sharpest(code, enhanced_code(text))
    if (known := CODES.get(code)) and (not known.needs or re.search(known.needs, text, re.IGNORECASE)):
        return Failure(known.failure, code, f"code {code}", known.meaning)
    words = next((rule for rule, pattern in _COMPILED if pattern.search(text)), None)
    if words is not None and words.failure is MAILBOX:
        return Failure(MAILBOX, code, words.name, _MEANING[words.name])
    if code.startswith("4."):
        return Failure(SOFT, code, "code 4", "a temporary failure")
    subject = SUBJECTS.get(code.rpartition(".")[0])
    if subject is not None:
        return Failure(subject.failure, code, f"code {code.rpartition('.')[0]}", subject.meaning)
    if words is not None:
        return Failure(words.failure, code, words.name, _MEANING[words.name])
    return Failure(SOFT, code, "doubtful", "the reason is not clear, so it counts as temporary")


def _sharpest(given: str, written: str) -> str:
    """The more telling of the code in a report's field and the one in the words of the server that refused.

    Reporting servers put general codes, or the one of their own next step, into the field. Where both say something,
    the one that spares the address counts.
    """
    if not given or (given.endswith(".0") and given not in CODES):
        return written or given
    known = CODES.get(written) or SUBJECTS.get(written.rpartition(".")[0])
    return written if known is not None and known.failure is not HARD else given


_MEANING: Mapping[str, str] = {
    "own-limit": "the mailbox has reached its provider's limit",
    "own-outbound-spam": "the mailbox's provider has stopped it",
    "own-login": "the mailbox's login is refused",
    "too-big": "the message is too big",
    "attachment-or-virus": "an attachment is not accepted",
    "content": "the content is not accepted",
    "blocklist": "the sending server is on a blocklist",
    "sender-authentication": "the receiver does not trust the sender's domain",
    "reputation": "the receiver's policy refuses the message",
    "full": "the mailbox is full",
    "for-now": "a temporary failure",
    "no-such-domain": "no such domain",
    "gone": "the mailbox was closed",
    "no-such-person": "no such mailbox",
}
