"""The search box: from what is typed to a tree (``search.tree``). Pure.

``python "machine learning" (berlin OR munich) -title:manager skill:c++`` — see docs/search.md for the rules. The parser
never refuses: what it does not understand becomes a :class:`Misread` with its place in the text, and the rest is
searched. ``parse(as_text(node)).node == node`` for every tree the parser makes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sourcing.normalising import InvalidAddress, InvalidPhone, normalise_email, normalise_phone
from sourcing.search.tokens import FIELD_PREFIX, words
from sourcing.search.tree import (
    And,
    Contact,
    Node,
    Not,
    Or,
    Phrase,
    Term,
    Word,
    all_of,
    any_of,
    as_text,
    as_tsquery,
    contacts,
    is_one_ideograph,
    matches,
    terms,
)

__all__ = [
    "And", "Contact", "Misread", "Node", "Not", "Or", "Parsed", "Phrase", "Term", "Word", "all_of", "any_of", "as_text",
    "as_tsquery", "contacts", "matches", "parse", "terms",
]  # fmt: skip

#: Longer texts are cut, deeper parentheses and further words left out; each time with a :class:`Misread`.
MAX_LENGTH, MAX_DEPTH, MAX_TERMS = 10_000, 20, 64
#: A begun word has at least so many letters; with fewer it would match nearly everybody.
MIN_BEGUN = 2

FIELDS = frozenset(FIELD_PREFIX)
_FIELDS_TOLD = "Fields are title: company: school: skill: location: tag: email: and your own."
_SILENT = frozenset("&|,;/-–—+•·")
_TOKEN = re.compile(r"""(?P<space>\s+)|(?P<mark>[()])|(?P<quote>["“”„])|(?P<word>[^\s()"“”„]+)""")
_FIELD = re.compile(r"([^\W\d][\w.-]*):(?!//)")
_NUMBER = re.compile(r"\+?[\d\s()./-]{7,40}")
_CLOSING = re.compile(r'["“”]')


@dataclass(frozen=True)
class Misread:
    """What was not understood: characters ``start`` to ``end`` of the text, and a sentence for people."""

    start: int
    end: int
    message: str


@dataclass(frozen=True)
class Parsed:
    """``node`` is None when nothing was understood; ``misread`` is in the order of the text."""

    node: Node | None
    misread: tuple[Misread, ...] = ()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(text: str, *, custom: Collection[str] = ()) -> Parsed:
    """Understand what is typed; ``custom`` are the keys of the organisation's own fields. Never raises.

    The last word may be only begun unless a space follows it.
    """
    number = _whole_number(text)
    if number is not None:
        return Parsed(number)
    return _Parser(text, custom).run()


def _whole_number(text: str) -> Contact | None:
    """A telephone number with its blanks and brackets, when it is all there is."""
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped) and sum(character.isdigit() for character in stripped) >= 7:
        try:
            return Contact("phone", normalise_phone(stripped))
        except InvalidPhone:
            return None
    return None


class _Parser:
    """Recursive descent over the tokens; OR binds weaker than AND, two terms beside each other are an AND."""

    def __init__(self, text: str, custom: Collection[str]) -> None:
        self.text = text[:MAX_LENGTH]
        self.custom = custom
        self.misread: list[Misread] = []
        if len(text) > MAX_LENGTH:
            self._miss(MAX_LENGTH - 1, MAX_LENGTH, f"Only the first {MAX_LENGTH:,} characters are searched.")
        self.tokens = list(self._cut())
        self.at = self.depth = self.terms = 0

    def run(self) -> Parsed:
        found = self._either("", top=True)
        if found is None and not self.misread and self.text.strip():
            self._miss(0, len(self.text), "There is no letter or digit to search for.")
        return Parsed(found, tuple(sorted(self.misread, key=lambda each: (each.start, each.end))))

    def _miss(self, start: int, end: int, message: str) -> None:
        self.misread.append(Misread(start, end, message))

    def _cut(self) -> Iterator[_Token]:
        at = 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            assert match is not None  # every character belongs to one of the four kinds
            at = match.end()
            kind = match.lastgroup or ""
            if kind == "quote":
                closing = _CLOSING.search(self.text, at)
                if closing is None:
                    self._miss(match.start(), match.end(), "This quotation mark is not closed.")
                end = closing.start() if closing else len(self.text)
                yield _Token("phrase", self.text[at:end], match.start(), closing.end() if closing else end)
                at = closing.end() if closing else end
            elif kind != "space":
                yield _Token(kind, match[0], match.start(), match.end())

    def _peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _either(self, inside: str, *, top: bool = False) -> Node | None:
        parts: list[Node] = []
        while True:
            part = self._both(inside)
            token = self._peek()
            if part is not None:
                parts.append(part)
            if token is None:
                break
            if token.text == "OR" and token.kind == "word":
                self.at += 1
                following = self._peek()
                if part is None or following is None or following.text == ")":
                    self._miss(token.start, token.end, "OR needs a word on both sides.")
                continue
            if not top:
                break
            # Only a closing bracket ends an AND at the top.
            self._miss(token.start, token.end, "This bracket was never opened.")
            self.at += 1
            rest = self._either(inside, top=True)
            so_far = any_of(parts)
            return all_of([each for each in (so_far, rest) if each is not None])
        return any_of(parts)

    def _both(self, inside: str) -> Node | None:
        parts: list[Node] = []
        joined: _Token | None = None
        while (token := self._peek()) is not None and token.text != ")":
            if token.kind == "word" and token.text == "OR":
                break
            if token.kind == "word" and token.text == "AND":
                if not parts or joined is not None:
                    self._miss(token.start, token.end, "AND needs a word on both sides.")
                joined = token
                self.at += 1
                continue
            joined = None
            part = self._unary(inside)
            if part is not None:
                parts.append(part)
        if joined is not None and parts:
            self._miss(joined.start, joined.end, "AND needs a word on both sides.")
        return all_of(parts)

    def _unary(self, inside: str) -> Node | None:
        negations = 0
        while (token := self._peek()) is not None and token.kind == "word" and token.text == "NOT":
            negations += 1
            self.at += 1
            last = token
        token = self._peek()
        if negations and (token is None or token.text in {")", "OR", "AND"}):
            self._miss(last.start, last.end, "NOT needs a word after it.")
            return None
        assert token is not None
        if token.kind == "word" and token.text[0] in "-!" and len(token.text) > 1:
            negations += 1
            self.tokens[self.at] = _Token("word", token.text[1:], token.start + 1, token.end)
        elif token.kind == "word" and token.text in {"-", "!"} and self._touches_next(token):
            negations += 1
            self.at += 1
        part = self._term(inside, open_end=not negations)
        return Not(part) if part is not None and negations % 2 else part

    def _touches_next(self, token: _Token) -> bool:
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        return following is not None and following.start == token.end and following.text != ")"

    def _term(self, inside: str, *, open_end: bool) -> Node | None:
        token = self.tokens[self.at]
        if token.text == "(" and token.kind == "mark":
            return self._group(inside)
        self.at += 1
        if token.kind == "phrase":
            return self._phrase(token, inside)
        match = _FIELD.match(token.text)
        if match is None:
            return self._word(token, inside, open_end=open_end)
        name = match[1].lower()
        rest = _Token("word", token.text[match.end() :], token.start + match.end(), token.end)
        named = self._named(name)
        if named is None:
            known = ", ".join(
                f"{each}:" for each in ("title", "company", "school", "skill", "location", "tag", "email")
            )
            end = token.start + match.end()
            self._miss(
                token.start, end, f"There is no field “{name}”. It is searched as a word; fields are {known}"
            )
            return self._word(token, inside, open_end=open_end)
        if rest.text:
            return self._contact(rest, named) or self._word(rest, named, open_end=open_end)
        return self._after_field(token, named)

    def _after_field(self, token: _Token, named: str) -> Node | None:
        following = self._peek()
        if following is not None and following.start == token.end:
            if following.kind == "phrase":
                self.at += 1
                return self._contact(following, named) or self._phrase(following, named)
            if following.text == "(":
                return self._group(named)
        self._miss(token.start, token.end, f"“{token.text}” needs a word directly after the colon.")
        return None

    def _named(self, name: str) -> str | None:
        if name in FIELDS or name in {"email", "phone"}:
            return name
        if name in self.custom:
            return f"custom.{name}"
        return None

    def _group(self, inside: str) -> Node | None:
        opening = self.tokens[self.at]
        self.at += 1
        if self.depth >= MAX_DEPTH:
            self._miss(
                opening.start, opening.end, f"More than {MAX_DEPTH} brackets inside each other are left out."
            )
            self._skip_group()
            return None
        self.depth += 1
        found = self._either(inside)
        self.depth -= 1
        closing = self._peek()
        if closing is None:
            self._miss(opening.start, opening.end, "This bracket is not closed.")
        else:
            self.at += 1
            if found is None:
                self._miss(opening.start, closing.end, "There is nothing inside these brackets.")
        return found

    def _skip_group(self) -> None:
        level = 1
        while level and (token := self._peek()) is not None:
            level += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "mark" else 0
            self.at += 1

    def _contact(self, token: _Token, named: str) -> Node | None:
        """For ``email:`` and ``phone:`` the look-up; None for any other field and for what is not whole."""
        if named not in {"email", "phone"}:
            return None
        try:
            if named == "email":
                return Contact("email", normalise_email(token.text.strip()))
            return Contact("phone", normalise_phone(token.text.strip()))
        except (InvalidAddress, InvalidPhone):
            return None

    def _word(self, token: _Token, inside: str, *, open_end: bool) -> Node | None:
        if inside in {"email", "phone"}:
            what = "e-mail address" if inside == "email" else "telephone number"
            self._miss(token.start, token.end, f"{inside}: finds a whole {what} only.")
            return None
        if not inside and "@" in token.text[1:]:
            found = self._contact(token, "email")
            if found is not None:
                return found
        text, begun = token.text, False
        if "*" in text:
            begun = self._star(token) and text.endswith("*")
        elif open_end and token.end == len(self.text):
            begun = True
        found_words = words(text)
        if not found_words:
            if text not in _SILENT and "*" not in text:
                self._miss(token.start, token.end, "There is no letter or digit to search for.")
            return None
        if self._too_many(token, len(found_words)):
            return None
        last = found_words[-1]
        begun = (begun and len(last) >= MIN_BEGUN) or is_one_ideograph(last)
        if len(found_words) > 1 and not last.isascii() and not begun:
            return Phrase(found_words, inside)
        return all_of([*(_whole(each, inside) for each in found_words[:-1]), Word(last, inside, begun)])

    def _star(self, token: _Token) -> bool:
        stem = token.text.rstrip("*")
        if "*" in stem:
            self._miss(token.start, token.end, "A star stands at the end of a word only.")
        elif len("".join(words(stem))) < MIN_BEGUN:
            self._miss(token.start, token.end, f"A star needs at least {MIN_BEGUN} letters before it.")
            return False
        return True

    def _phrase(self, token: _Token, inside: str) -> Node | None:
        if inside in {"email", "phone"}:
            return self._word(token, inside, open_end=False)
        found = words(token.text)
        if not found:
            self._miss(token.start, token.end, "There is no letter or digit to search for.")
            return None
        if self._too_many(token, len(found)):
            return None
        return Phrase(found, inside) if len(found) > 1 else _whole(found[0], inside)

    def _too_many(self, token: _Token, more: int) -> bool:
        if self.terms + more > MAX_TERMS:
            if not any(
                "more than" in each.message.lower() and "words" in each.message for each in self.misread
            ):
                message = f"More than {MAX_TERMS} words: what follows is left out."
                self._miss(token.start, token.end, message)
            self.terms = MAX_TERMS
            return True
        self.terms += more
        return False


def _whole(lexeme: str, inside: str) -> Word:
    return Word(lexeme, inside, begun=is_one_ideograph(lexeme))
