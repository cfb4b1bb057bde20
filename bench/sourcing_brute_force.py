"""Search answers beside brute force: every record of 10,000 people read by plain Python. Imported under Django."""

from __future__ import annotations

import datetime
import sys
from collections import Counter
from collections.abc import Collection, Mapping

from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from bench.sourcing_data import Data
from sourcing.models import ContactPoint, PersonSearch
from sourcing.search import facets, index, query, record, syntax, texts, tokens
from sourcing.search.question import Order, Question
from sourcing.search.syntax import Contact, Node
from sourcing.selectors import own_or_shared

_WEIGHT = {"A": 1.0, "B": 0.4, "C": 0.2}
_NICE = 10_000_000
#: PostgreSQL ranks in single precision.
_TOLERANCE = 3


def compare(data: Data, queries: list[str]) -> dict[str, float]:
    """Which share of the questions was answered, ranked and counted as brute force does it; it must be all."""
    viewer = User.objects.get(pk=data.user_id)
    rows = PersonSearch.objects.for_organisation(data.organisation_id)
    people = index.records(list(rows.values_list("pk", flat=True)))
    documents = {each.candidate_id: tokens.lexemes(record.fields(each)) for each in people}
    truth = Truth(viewer, people, documents)
    same = ranked = counted = with_rank = with_counts = 0
    for line in queries:
        question = Question.from_query(QueryDict(line))
        expected = truth.hits(question)
        found = set(query.candidate_ids(viewer=viewer, question=question))
        same += found == expected
        if found != expected:
            print(f"{line}: {len(found)} found, {len(expected)} expected", file=sys.stderr)
        if question.order is Order.RELEVANCE:
            with_rank += 1
            ranked += truth.ranks_right(question, expected)
        if 0 < len(expected) <= facets.EXACT_UP_TO:
            with_counts += 1
            counted += truth.counts_right(question, expected)
    return {
        "answers_equal_to_brute_force": same / len(queries),
        "ranks_equal_to_brute_force": ranked / with_rank,
        "counts_equal_to_brute_force": counted / with_counts,
    }


class Truth:
    """Answers from the records alone."""

    def __init__(
        self, viewer: User, people: list[record.Record], documents: Mapping[int, Mapping[str, list[str]]]
    ) -> None:
        self.viewer, self.documents = viewer, documents
        self.people = {each.candidate_id: each for each in people}
        self.places = {candidate: tokens.positions(document) for candidate, document in documents.items()}
        self.scopes = texts.scopes(viewer)
        self.now = timezone.now()

    def hits(self, question: Question) -> set[int]:
        """Who fits, one person after the other."""
        node = syntax.parse(question.text).node
        if node is None and question.text.strip():
            return set()
        reached = {contact: self._reached(contact) for contact in syntax.contacts(node)}
        return {
            each for each in self.people if self._fits(each, node, reached) and self._chosen(each, question)
        }

    def ranks_right(self, question: Question, expected: Collection[int]) -> bool:
        """Whether the first page stands in the order of the computed scores."""
        page = query.people(viewer=self.viewer, question=question).people
        scores = self._scores(question, expected)
        best = sorted(scores.values(), reverse=True)[: len(page)]
        shown = [scores[person.pk] for person in page]
        right = all(abs(a - b) <= _TOLERANCE for a, b in zip(shown, best, strict=True))
        if not right:
            print(f"{question.as_query()}: ranked {shown[:5]}, expected {best[:5]}", file=sys.stderr)
        return right

    def counts_right(self, question: Question, expected: Collection[int]) -> bool:
        """Whether every count of the filter column is what a tally of the records says."""
        right = True
        for each in facets.column(viewer=self.viewer, question=question).filters:
            if each.name in question.filters or each.name == "contacted":
                continue
            tally = self._tally(each.name, expected)
            for option in each.options:
                if (option.count or 0) != tally[option.value]:
                    right = False
                    print(
                        f"{question.as_query()}: {each.name}={option.value} {option.count} of {tally[option.value]}",
                        file=sys.stderr,
                    )
        return right

    def _fits(self, candidate: int, node: Node | None, reached: Mapping[Contact, set[int]]) -> bool:
        if node is None:
            return True
        return syntax.matches(
            node,
            self.places[candidate],
            scopes=self.scopes,
            reached_by=lambda contact: candidate in reached[contact],
        )

    def _reached(self, contact: Contact) -> set[int]:
        rows = ContactPoint.objects.for_organisation(self.viewer.organisation_id).filter(
            own_or_shared(self.viewer), kind=contact.kind, normalised=contact.normalised
        )
        return set(rows.values_list("candidate_id", flat=True))

    def _values(self, candidate: int) -> set[tuple[str, str]]:
        one = self.people[candidate]
        found = {(value.kind, value.folded) for value in record.values(one)}
        worked = record.years_of(one, self.now.date())
        found |= {
            ("has", kind) for kind, there in (("email", one.has_email), ("phone", one.has_phone)) if there
        }
        if worked is not None:
            found |= {("years", band) for band in facets.BANDS if _inside(worked, band)}
        return found

    def _chosen(self, candidate: int, question: Question) -> bool:
        values = self._values(candidate)
        for name, asked in question.filters.items():
            folded = [tokens.fold(value).strip() for value in asked]
            if name == "contacted":
                fits = self._contacted(candidate, asked[0])
            elif name == "not_in_project":
                fits = not any(("project", value) in values for value in folded)
            elif name == "has":
                fits = all((name, value) in values for value in folded)
            else:
                fits = any((name, value) in values for value in folded)
            if not fits:
                return False
        return True

    def _contacted(self, candidate: int, value: str) -> bool:
        at = self.people[candidate].contacted_at
        if value == "never":
            return at is None
        return at is not None and at >= self.now - datetime.timedelta(days=int(value))

    def _tally(self, name: str, expected: Collection[int]) -> Counter[str]:
        return Counter(value for each in expected for kind, value in self._values(each) if kind == name)

    def _scores(self, question: Question, expected: Collection[int]) -> dict[int, int]:
        """What PostgreSQL's ts_rank gives for any of the words, and a step for each nice-to-have that fits."""
        node, nice = syntax.parse(question.text).node, syntax.parse(question.nice).node
        wishes = nice.parts if isinstance(nice, syntax.And) else (nice,) if nice else ()
        everywhere = ["", *(tokens.field_prefix(scope) for scope in self.scopes)]
        lexemes = {
            prefix + lexeme
            for term in (*syntax.terms(node), *syntax.terms(nice))
            for lexeme in ((term.lexeme,) if isinstance(term, syntax.Word) else term.lexemes)
            for prefix in ([tokens.field_prefix(term.field)] if term.field else everywhere)
        }
        scores = {}
        for candidate in expected:
            document = self.documents[candidate]
            rank = sum(_rank(document[lexeme]) for lexeme in lexemes if lexeme in document) / max(
                len(lexemes), 1
            )
            fitted = sum(syntax.matches(wish, self.places[candidate], scopes=self.scopes) for wish in wishes)
            scores[candidate] = round(rank * 1_000_000) + fitted * _NICE
        return scores


def _rank(places: list[str]) -> float:
    """calc_rank_or of tsrank.c for one lexeme; its places in their order."""
    weights = [
        _WEIGHT.get(place[-1], 0.1) for place in sorted(set(places), key=lambda each: int(each.rstrip("ABC")))
    ]
    best = max(range(len(weights)), key=lambda at: (weights[at], -at))
    summed = sum(weight / (at + 1) ** 2 for at, weight in enumerate(weights))
    return (weights[best] + summed - weights[best] / (best + 1) ** 2) / 1.64493406685


def _inside(worked: int, band: str) -> bool:
    least, _, most = band.partition("-")
    return int(least) <= worked <= int(most or worked)
