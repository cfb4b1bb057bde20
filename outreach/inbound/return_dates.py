"""When somebody who is out of office says to be back. Pure; ``today`` is passed in.

Dates count only beside a word such as *back* or *until*: a conference on some day is no return. A date without
a year is the one nearest to today; one written with slashes that can be read in two ways is the later one that
is near, so that nobody is written to too early.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

FURTHEST = timedelta(days=30)
_READ = 3_000
_NEAR = timedelta(days=60)

_MONTHS = (
    (
        "january januar januari jan janvier enero gennaio janeiro stycznia tammikuuta ledna jänner"
        " января январь січня ocak januára ianuarie január"
    ),
    (
        "february februar februari feb février fevrier febrero febbraio fevereiro lutego helmikuuta února"
        " февраля февраль лютого şubat februára februarie február"
    ),
    (
        "march märz maerz mrz mar mars marzo maart março marts marca maaliskuuta března"
        " марта март березня mart martie március"
    ),
    (
        "april apr avril abril aprile kwietnia huhtikuuta dubna"
        " апреля апрель квітня nisan aprila aprilie április"
    ),
    "may mai mayo maggio mei maio maj maja toukokuuta května мая май травня mayıs mája május",
    (
        "june juni jun juin junio giugno junho czerwca kesäkuuta června"
        " июня июнь червня haziran júna iunie június"
    ),
    (
        "july juli jul juillet julio luglio julho lipca heinäkuuta července"
        " июля июль липня temmuz júla iulie július"
    ),
    (
        "august aug août aout agosto augustus augusti sierpnia elokuuta srpna"
        " августа август серпня ağustos augusta augusztus"
    ),
    (
        "september sept sep septembre septiembre settembre setembro września syyskuuta září"
        " сентября сентябрь вересня eylül septembra septembrie szeptember"
    ),
    (
        "october oktober oct okt octobre octubre ottobre outubro października lokakuuta října"
        " октября октябрь жовтня ekim októbra octombrie október"
    ),
    (
        "november nov novembre noviembre novembro listopada marraskuuta listopadu"
        " ноября ноябрь листопада kasım novembra noiembrie"
    ),
    (
        "december dezember dec dez décembre decembre diciembre dicembre dezembro desember grudnia joulukuuta prosince"
        " декабря декабрь грудня aralık decembra decembrie"
    ),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_WEEKDAYS = (
    "monday montag lundi lunes lunedì lunedi maandag segunda-feira måndag mandag poniedziałku",
    "tuesday dienstag mardi martes martedì martedi dinsdag terça-feira tisdag tirsdag wtorku",
    "wednesday mittwoch mercredi miércoles miercoles mercoledì mercoledi woensdag quarta-feira onsdag środy",
    "thursday donnerstag jeudi jueves giovedì giovedi donderdag quinta-feira torsdag czwartku",
    "friday freitag vendredi viernes venerdì venerdi vrijdag sexta-feira fredag piątku",
    "saturday samstag sonnabend samedi sábado sabado sabato zaterdag lördag lørdag soboty",
    "sunday sonntag dimanche domingo domenica zondag söndag søndag niedzieli",
)
_WEEKDAY_OF = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
_TOMORROW = "tomorrow|morgen|demain|mañana|domani|amanhã|imorgon|jutro"


def _any(names: dict[str, int]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


_MONTH = _any(_MONTH_OF)
_DATES = re.compile(
    rf"""
    (?P<iso>\b(?P<y1>20\d\d)[-/.](?P<m1>\d{{1,2}})[-/.](?P<d1>\d{{1,2}})(?!\d))
  | (?P<cjk>(?:(?P<y2>20\d\d)\s*[年년]\s*)?(?P<m2>\d{{1,2}})\s*[月월]\s*(?P<d2>\d{{1,2}})\s*[日일])
  | (?P<dm>\b(?P<d3>\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.)?\s*(?:of\s+|de\s+|d['’]\s*)?(?P<m3>{_MONTH})\b\.?
        (?:,?\s*(?:de\s+)?(?P<y3>20\d\d))?)
  | (?P<md>\b(?P<m4>{_MONTH})\.?\s+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s*(?P<y4>20\d\d))?)
  | (?P<dots>\b(?P<d5>\d{{1,2}})\.\s?(?P<m5>\d{{1,2}})\.(?:\s?(?P<y5>20\d\d|\d\d)\b)?)
  | (?P<slashes>\b(?P<a6>\d{{1,2}})(?:/(?P<b6>\d{{1,2}})(?:/(?P<y6>20\d\d|\d\d))?|-(?P<b7>\d{{1,2}})-(?P<y7>20\d\d))\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SOON = re.compile(rf"\b(?:(?P<weekday>{_any(_WEEKDAY_OF)})|(?P<tomorrow>{_TOMORROW}))\b", re.IGNORECASE)
_BACK = re.compile(
    r"\b(back|return(ing|s)?|rejoin|resume|first day|zurück|wieder|retour|reviens|reprend\w*|reprise|vuelvo|vuelta"
    r"|regreso|rientro|torner[òo]|ritorno|terug|retorno|volt[ao]|regresso|tillbaka|tilbage|tilbake|wrac\w+|wr[óo]c\w+"
    r"|powrot\w*|zpět|takaisin|palaan|вернусь|буду на месте|вийду|повернусь|döneceğim|dönüyorum"
    r"|vissza\w*|revin|reveni\w*|available (again|from|on)|reachable (again|from))\b|復帰|出社|戻り|回到|返回",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"(\b(until|till|til|through|thru|to|bis|einschl\w*|jusqu['’]au|au|hasta( el)?|al|fino al|tot|t/m|até|ao?|"
    r"till( och med)?|til og med|do|asti|до|по|până( la)?|kadar)|[–—-])\s*"
    rf"(\b(and including|including|inkl\w*|einschließlich|zum|den|the|end of|en met|het|le|el|o dia|il)\s+)*"
    rf"((?:{_any(_WEEKDAY_OF)})[,.]?\s*(den|the|le|el|,)?\s*)?$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(from|on|as of|starting|ab|am|à partir du|dès le|a partir del?|el|dal|vanaf|op|från|fra|den|od)\s+"
    r"(dem |the |den )?$",
    re.IGNORECASE,
)
_UNTIL_AFTER = re.compile(r"^\s*(\([^)]{1,3}\)\s*)?(まで|迄|为止|之前|까지|['’]?\w{0,4}\s+kadar\b)")
_AGAIN_AFTER = re.compile(r"^\s*(\([^)]{1,3}\)\s*)?(より|から|起|以降|에 (복귀|돌아))")


@dataclass(frozen=True)
class _Mention:
    day: date
    weight: int


def return_date(text: str, *, today: date) -> date | None:
    """The stated day of return after ``today``, at most 30 days ahead; None if none is stated.

    ``today`` is the day on which the mail was written. A longer absence is cut to 30 days (docs/behaviour.md
    §5): the person is asked again then rather than never.
    """
    text = text[:_READ]
    mentions = list(_mentions(text, today)) or list(_soon(text, today))
    best = max(mentions, key=lambda mention: (mention.weight, mention.day), default=None)
    return min(best.day, today + FURTHEST) if best else None


def _mentions(text: str, today: date) -> Iterator[_Mention]:
    for match in _DATES.finditer(text):
        weight = _weight(text, match.start(), match.end())
        day = _day(match, today) if weight else None
        if day is not None and today < day <= today + timedelta(days=366):
            yield _Mention(day, weight)


def _soon(text: str, today: date) -> Iterator[_Mention]:
    for match in _SOON.finditer(text):
        weight = _weight(text, match.start(), match.end(), close=True)
        if not weight:
            continue
        if match["tomorrow"]:
            yield _Mention(today + timedelta(days=1), weight)
        else:
            ahead = (_WEEKDAY_OF[match["weekday"].lower()] - today.weekday() - 1) % 7 + 1
            yield _Mention(today + timedelta(days=ahead), weight)


def _weight(text: str, start: int, end: int, *, close: bool = False) -> int:
    """How surely the words around a date make it the return: back before it, until, back after it, nothing."""
    before = _same_paragraph(text[max(start - (25 if close else 60), 0) : start], last=True)
    after = _same_paragraph(text[end : end + 40], last=False)
    if _BACK.search(before) or _AGAIN_AFTER.search(after) or (_FROM.search(before) and _BACK.search(after)):
        return 3
    if _UNTIL.search(before) or _UNTIL_AFTER.search(after):
        return 2
    return 1 if _BACK.search(after) else 0


def _same_paragraph(text: str, *, last: bool) -> str:
    return re.split(r"\n\s*\n", text)[-1 if last else 0]


def _day(match: re.Match[str], today: date) -> date | None:
    if match["slashes"]:
        return _slashes(match, today)
    for kind, (year, month, day) in {
        "iso": ("y1", "m1", "d1"),
        "cjk": ("y2", "m2", "d2"),
        "dm": ("y3", "m3", "d3"),
        "md": ("y4", "m4", "d4"),
        "dots": ("y5", "m5", "d5"),
    }.items():
        if match[kind]:
            number = _MONTH_OF.get(match[month].lower()) or int(match[month])
            return _in_year(match[year], number, int(match[day]), today)
    return None


def _slashes(match: re.Match[str], today: date) -> date | None:
    one, other, year = int(match["a6"]), int(match["b6"] or match["b7"]), match["y6"] or match["y7"]
    read = [_in_year(year, other, one, today), _in_year(year, one, other, today)]
    ahead = sorted({day for day in read if day is not None and day > today})
    near = [day for day in ahead if day <= today + _NEAR]
    return near[-1] if near else next(iter(ahead), None)


def _in_year(year: str | None, month: int, day: int, today: date) -> date | None:
    years = [int(year) % 100 + 2000] if year else [today.year - 1, today.year, today.year + 1]
    found = []
    for one in years:
        try:
            found.append(date(one, month, day))
        except ValueError:
            continue
    return min(found, key=lambda candidate: abs(candidate - today), default=None)
