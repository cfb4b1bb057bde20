"""Made-up résumés: eight people in four languages, each laid out in several of ten ways. What is expected of each is
what its person is, never what the reader makes of it."""

# ruff: noqa: E501 - one position a line
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    title: str
    company: str
    place: str
    when: str
    started: str
    ended: str
    did: str


@dataclass(frozen=True)
class Study:
    degree: str
    school: str
    when: str
    ended: str


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    phone: str
    link: str
    place: str
    jobs: tuple[Job, ...]
    studies: tuple[Study, ...]
    skills: tuple[str, ...]
    #: Headings: experience, education, skills, profile.
    headings: tuple[str, str, str, str]
    profile: str


EN = ("Work Experience", "Education", "Technical Skills", "Summary")
DE = ("Berufserfahrung", "Ausbildung", "Kenntnisse", "Profil")
FR = ("Expérience professionnelle", "Formation", "Compétences", "Profil")
ES = ("Experiencia laboral", "Formación académica", "Habilidades", "Perfil")

PEOPLE = (
    Person(
        "Maya Patel", "maya.patel@mail.example", "+44 20 7946 0991", "linkedin.com/in/maya-patel", "London, United Kingdom",
        (
            Job("Senior Data Engineer", "Northwind Labs", "London", "March 2020 – Present", "2020-03", "", "Built the event pipeline with Kafka."),
            Job("Data Analyst", "Brightwater Ltd", "Leeds", "Jan 2017 - Feb 2020", "2017-01", "2020-02", "Reported on revenue."),
        ),
        (Study("BSc Mathematics", "University of Leeds", "2013 - 2016", "2016"),),
        ("Python", "SQL", "Kafka", "Airflow"), EN, "Data engineer who likes quiet systems.",
    ),
    Person(
        "Jonas Lehner", "j.lehner@post.example", "+49 151 55501420", "https://www.linkedin.com/in/jonas-lehner/", "München, Deutschland",
        (
            Job("Leitender Softwareentwickler", "Voltra GmbH", "München", "03/2021 – heute", "2021-03", "", "Verantwortlich für die Plattform."),
            Job("Softwareentwickler", "Acme AG", "Berlin", "01/2016 - 02/2021", "2016-01", "2021-02", "Entwicklung in Java."),
        ),
        (Study("Master of Science Informatik", "Technische Universität München", "2010 – 2015", "2015"),),
        ("Java", "Go", "PostgreSQL"), DE, "Elf Jahre Erfahrung.",
    ),
    Person(
        "Élodie Marchand", "elodie.marchand@courriel.example", "+33 6 12 34 56 78", "linkedin.com/in/elodie-marchand", "Lyon, France",
        (
            Job("Cheffe de projet", "Soleil SARL", "Lyon", "septembre 2019 - aujourd'hui", "2019-09", "", "Pilotage de douze projets."),
            Job("Consultante", "Groupe Rivage", "Paris", "2015 – 2019", "2015", "2019", "Conseil aux banques."),
        ),
        (Study("Licence de gestion", "Université de Bordeaux", "2011 - 2014", "2014"),),
        ("Gestion de projet", "Excel", "SAP"), FR, "Dix ans de projets.",
    ),
    Person(
        "Carmen Ruiz Ortega", "carmen.ruiz@correo.example", "+34 612 345 678", "linkedin.com/in/carmen-ruiz", "Valencia, España",
        (
            Job("Jefa de ventas", "Naranja SL", "Valencia", "enero de 2018 - actualidad", "2018-01", "", "Equipo de ocho personas."),
            Job("Analista comercial", "Iberdata SA", "Madrid", "2014 - 2017", "2014", "2017", "Informes mensuales."),
        ),
        (Study("Grado en Economía", "Universidad de Valencia", "2009 - 2013", "2013"),),
        ("Ventas", "CRM", "Negociación"), ES, "Ventas y equipos.",
    ),
    Person(
        "Liam O'Connor", "liam@oconnor.example", "+353 85 012 3456", "github.com/liamoc", "Dublin, Ireland",
        (
            Job("Staff Nurse", "St. Brendan Hospital", "Dublin", "2019-06 - present", "2019-06", "", "Intensive care."),
            Job("Nurse", "Cork Clinic", "Cork", "2015-09 - 2019-05", "2015-09", "2019-05", "Surgical ward."),
        ),
        (Study("Bachelor of Nursing", "University College Cork", "2011 - 2015", "2015"),),
        ("Triage", "Wound care", "Teaching"), ("Employment History", "Education and Training", "Key Skills", "Profile"), "Calm in a crisis.",
    ),
    Person(
        "Zeynep Yılmaz-Kaya", "zeynep@yilmaz.example", "+90 532 000 11 22", "linkedin.com/in/zeynep-yk", "Hamburg",
        (
            Job("Buchhalterin", "Hafen Logistik GmbH", "Hamburg", "seit 04/2018", "2018-04", "", "Monatsabschluss nach HGB."),
            Job("Sachbearbeiterin", "Elbe KG", "Hamburg", "2012 bis 2018", "2012", "2018", "Rechnungen."),
        ),
        (Study("Diplom Betriebswirtin", "Hochschule Hamburg", "2008 – 2012", "2012"),),
        ("DATEV", "SAP", "Excel"), ("Beruflicher Werdegang", "Studium", "EDV-Kenntnisse", "Kurzprofil"), "Genau und ruhig.",
    ),
    Person(
        "Kofi Mensah", "kofi.mensah@web.example", "+1 415 555 0134", "linkedin.com/in/kofimensah", "Oakland, CA",
        (
            Job("Product Designer", "Fernhill Inc", "Oakland", "Oct. 2021 to Present", "2021-10", "", "Design system for web and mobile."),
            Job("UX Researcher", "Tidepool", "Portland", "05/2018 – 09/2021", "2018-05", "2021-09", "Forty studies."),
        ),
        (Study("Master of Design", "Carnegie College", "2016 - 2018", "2018"),),
        ("Figma", "User research", "Prototyping"), ("Professional Experience", "Academic Background", "Skills", "About me"), "I draw and I ask.",
    ),
    Person(
        "Pieter van den Berg", "pieter.vandenberg@mail.example", "+31 6 12345678", "linkedin.com/in/pvandenberg", "Utrecht",
        (
            Job("Director of Finance", "Polder BV", "Utrecht", "Jul 2016 – Present", "2016-07", "", "Closed the books in four days."),
            Job("Controller", "Windmolen", "Rotterdam", "Feb 2010 – Jun 2016", "2010-02", "2016-06", "Budgeting."),
        ),
        (Study("MSc Econometrics", "Erasmus University Rotterdam", "2004 - 2009", "2009"),),
        ("IFRS", "Power BI", "Treasury"), ("Career History", "Qualifications", "Core Competencies", "Professional Summary"), "Numbers that hold.",
    ),
)  # fmt: skip


def _contact(person: Person) -> list[str]:
    return [f"{person.place} | {person.email} | {person.phone}", person.link]


def plain(person: Person) -> list[str]:
    """Title, company in one line with the dates; the next lines say what was done."""
    lines = [person.name, *_contact(person), "", person.headings[3], person.profile, "", person.headings[0]]
    for job in person.jobs:
        lines += [f"{job.title}, {job.company}, {job.place} ({job.when})", f"- {job.did}", ""]
    lines += [person.headings[1]]
    lines += [f"{study.degree}, {study.school}, {study.when}" for study in person.studies]
    return [*lines, "", person.headings[2], ", ".join(person.skills)]


def dates_first(person: Person) -> list[str]:
    """The German way: a column of dates, then what."""
    lines = [
        "Lebenslauf"
        if person.headings[0] in ("Berufserfahrung", "Beruflicher Werdegang")
        else "Curriculum Vitae"
    ]
    lines += [
        person.name,
        person.place,
        f"Tel. {person.phone}",
        person.email,
        person.link,
        "",
        person.headings[0],
    ]
    for job in person.jobs:
        lines += [f"{job.when}\t{job.title}", f"{job.company}, {job.place}", f"• {job.did}"]
    lines += [person.headings[1]]
    for study in person.studies:
        lines += [f"{study.when}\t{study.degree}", study.school]
    return [*lines, person.headings[2], " • ".join(person.skills)]


def company_first(person: Person) -> list[str]:
    """Company and place, then title and dates."""
    lines = [person.name.upper(), " · ".join([person.email, person.phone, person.place]), person.link, ""]
    lines += [person.headings[0].upper()]
    for job in person.jobs:
        lines += [f"{job.company} — {job.place}", f"{job.title} | {job.when}", f"• {job.did}", ""]
    lines += [person.headings[1].upper()]
    for study in person.studies:
        lines += [study.school, f"{study.degree} | {study.when}"]
    return [*lines, "", person.headings[2].upper(), *person.skills]


def three_lines(person: Person) -> list[str]:
    """Title, company and dates each on a line of its own."""
    lines = [person.name, person.jobs[0].title, person.email, person.phone, person.place, person.link, ""]
    lines += [f"{person.headings[0]}:"]
    for job in person.jobs:
        lines += [job.title, job.company, job.when, f"* {job.did}"]
    lines += [f"{person.headings[1]}:"]
    for study in person.studies:
        lines += [study.degree, study.school, study.when]
    return [*lines, f"{person.headings[2]}:", *(f"- {skill}" for skill in person.skills)]


def tables(person: Person) -> list[str]:
    """Everything in tables: label and value, dates and what."""
    lines = [
        f"Name\t{person.name}",
        f"E-mail\t{person.email}",
        f"Phone\t{person.phone}",
        f"Address\t{person.place}",
    ]
    lines += [f"Web\t{person.link}", person.headings[0]]
    lines += [f"{job.when}\t{job.title}\t{job.company}" for job in person.jobs]
    lines += [person.headings[1]]
    lines += [f"{study.when}\t{study.degree}\t{study.school}" for study in person.studies]
    return [*lines, person.headings[2], f"Tools: {', '.join(person.skills)}"]


def education_first(person: Person) -> list[str]:
    """Schools and skills before positions; "title at company"."""
    lines = [f"{person.name}", f"E: {person.email}", f"M: {person.phone}", f"W: {person.link}", person.place]
    lines += [person.headings[1]]
    lines += [f"{study.when}: {study.degree} – {study.school}" for study in person.studies]
    lines += [person.headings[2], "; ".join(person.skills), person.headings[0]]
    for job in person.jobs:
        lines += [f"{job.when}: {job.title} – {job.company}", f"- {job.did}"]
    return lines


def side_column(person: Person) -> list[str]:
    """A narrow column of contact and skills comes first in the text, the name after it."""
    lines = [
        "Contact",
        person.phone,
        person.email,
        person.link,
        person.place,
        person.headings[2],
        *person.skills,
    ]
    lines += [person.headings[3], person.profile, person.headings[0]]
    for job in person.jobs:
        lines += [job.title, f"{job.company}, {job.place}", job.when, f"• {job.did}"]
    lines += [person.headings[1]]
    for study in person.studies:
        lines += [f"{study.degree} ({study.when})", study.school]
    return [person.name, *lines]


def spaced(person: Person) -> list[str]:
    """Headings with letters set apart."""
    apart = [" ".join(heading.upper().replace(" ", "")) for heading in person.headings]
    lines = [person.name, *_contact(person), apart[0]]
    for job in person.jobs:
        lines += [f"{job.title} – {job.company} – {job.when}", f"• {job.did}"]
    lines += [apart[1]]
    lines += [f"{study.degree} – {study.school} – {study.when}" for study in person.studies]
    return [*lines, apart[2], " | ".join(person.skills)]


LAYOUTS: tuple[Callable[[Person], list[str]], ...] = (
    plain, dates_first, company_first, three_lines, tables, education_first, side_column, spaced,
)  # fmt: skip

#: Four layouts for each person, so that every layout meets every language.
CORPUS = [
    (person, layout)
    for at, person in enumerate(PEOPLE)
    for layout in (LAYOUTS[(at + turn) % len(LAYOUTS)] for turn in (0, 2, 4, 5))
]
