"""The words by which a résumé in English, German, French or Spanish is understood. Data, and folding to compare it.

All words are folded: lower case, no accents.
"""

from __future__ import annotations

import re
import unicodedata

#: What a section is about → its headings.
HEADINGS: dict[str, tuple[str, ...]] = {
    "experience": (
        "experience", "work experience", "professional experience", "employment", "employment history",
        "work history", "career history", "career", "professional background", "relevant experience",
        "berufserfahrung", "beruflicher werdegang", "werdegang", "berufspraxis", "praktische erfahrung",
        "berufliche stationen", "experiences", "experience professionnelle", "experiences professionnelles",
        "parcours professionnel", "experiencia", "experiencia laboral", "experiencia profesional",
        "trayectoria profesional", "historial laboral",
    ),
    "education": (
        "education", "academic background", "education and training", "studies", "qualifications", "academic history",
        "ausbildung", "bildung", "bildungsweg", "studium", "schulbildung", "akademische ausbildung",
        "ausbildung und studium", "studium und ausbildung", "formation", "formations", "etudes", "diplomes",
        "formation academique", "formation et diplomes", "parcours academique", "formacion", "formacion academica",
        "educacion", "estudios", "titulacion",
    ),
    "skills": (
        "skills", "technical skills", "key skills", "core skills", "core competencies", "expertise", "technologies",
        "tools", "skills and tools", "kenntnisse", "fahigkeiten", "fachkenntnisse", "it kenntnisse", "edv kenntnisse",
        "kompetenzen", "technische kenntnisse", "kenntnisse und fahigkeiten", "competences", "competences techniques",
        "competences cles", "savoir faire", "habilidades", "competencias", "conocimientos", "aptitudes",
        "conocimientos tecnicos", "habilidades tecnicas",
    ),
    "summary": (
        "summary", "profile", "about me", "about", "objective", "professional summary", "career objective", "profil",
        "kurzprofil", "uber mich", "zusammenfassung", "a propos", "resume", "objectif", "perfil", "sobre mi", "resumen",
        "perfil profesional", "profil professionnel", "personal statement",
    ),
    "contact": (
        "contact", "contact details", "personal details", "personal information", "kontakt", "kontaktdaten",
        "personliche daten", "personliche angaben", "zur person", "coordonnees", "contacto", "datos personales",
        "informations personnelles", "etat civil",
    ),
    "other": (
        "languages", "interests", "hobbies", "references", "certifications", "certificates", "publications", "projects",
        "awards", "volunteering", "volunteer experience", "courses", "training", "sprachen", "sprachkenntnisse",
        "interessen", "referenzen", "zertifikate", "weiterbildung", "weiterbildungen", "publikationen", "projekte",
        "ehrenamt", "auszeichnungen", "langues", "loisirs", "centres d interet", "references professionnelles",
        "certificats", "projets", "benevolat", "idiomas", "intereses", "aficiones", "referencias", "certificaciones",
        "proyectos", "voluntariado", "publicaciones", "cursos", "personal projects", "sonstiges", "divers", "otros",
    ),
}  # fmt: skip
SECTION_OF = {heading: section for section, headings in HEADINGS.items() for heading in headings}


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What stands over a résumé and names nobody.
DOCUMENT_WORDS = _set(
    "curriculum vitae cv resume lebenslauf hoja de vida bewerbung application page seite pagina curriculo"
)

#: Beginnings of words that make a text the title of a position.
TITLE_STEMS = (
    "engineer", "developer", "manager", "consultant", "analyst", "designer", "architect", "director", "head of",
    "lead", "officer", "specialist", "scientist", "administrator", "assistant", "intern", "nurse", "teacher",
    "recruiter", "accountant", "accounting", "sales", "technician", "coordinator", "programmer", "trainee", "partner",
    "founder", "owner", "clerk", "researcher", "president", "supervisor", "representative", "editor", "writer",
    "entwickler", "softwareentwickler", "leiter", "teamleiter", "berater", "ingenieur", "sachbearbeiter",
    "werkstudent", "praktikant", "geschaftsfuhrer", "referent", "krankenpfleger", "krankenschwester",
    "pflegefachkraft", "stationsleit", "buchhalter", "kaufmann", "kauffrau", "verkaufer", "assistenz", "mitarbeiter",
    "vertrieb", "projektleit", "wissenschaft", "lehrer",
    "developpeu", "chef de", "cheffe de", "responsable", "consultant", "charge", "directeur", "directrice",
    "ingenieure", "stagiaire", "technicien", "comptable", "infirmier", "commercial", "vendeu", "analyste",
    "ingenier", "desarrollador", "gerente", "jefe", "jefa", "analista", "consultor", "director", "tecnic", "becari",
    "enfermer", "contable", "profesor", "auxiliar", "administrativ", "programador", "disenador", "comercial",
    "encargad", "ceo", "cto", "cfo", "vp ",
)  # fmt: skip
#: Words that make a text a company.
COMPANY_WORDS = _set(
    "gmbh ag kg ohg ug se inc ltd llc plc corp corporation limited company co group gruppe groupe grupo sa sas sarl"
    " sl slu sau bv nv spa srl oy ab as bank hospital klinik klinikum krankenhaus hopital clinique clinica holding"
    " labs technologies systems solutions partners consulting university universitat universite universidad"
)
SCHOOL_STEMS = (
    "univers", "hochschul", "fachhochschul", "college", "school", "schule", "institut", "academy", "akademie",
    "academie", "academia", "gymnasium", "lycee", "ecole", "escuela", "instituto", "facult", "eth ", "tu ", "mit ",
    "polytech", "politecn", "berufskolleg", "realschule", "iut ", "ies ", "insa", "hec ",
)  # fmt: skip
DEGREE_STEMS = (
    "bachelor", "master", "bsc", "msc", "b.sc", "m.sc", "b.a", "m.a.", "ba ", "ma ", "mba", "phd", "ph.d", "doctor",
    "doktor", "diplom", "magister", "staatsexamen", "abitur", "promotion", "licence", "licenc", "maitrise", "doctorat",
    "baccalaureat", "bts", "dut", "grado", "ingenieria", "tecnico superior", "bachillerato", "doctorado", "associate",
    "a-level", "degree", "b.eng", "m.eng", "beng", "meng", "facharbeiter", "examen", "registered nurse", "certificat",
)  # fmt: skip

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january jan januar janner janvier janv enero ene",
        "february feb februar fevrier fevr fev febrero",
        "march mar marz mrz maerz mars marzo",
        "april apr avril avr abril abr",
        "may mai mayo",
        "june jun juni juin junio",
        "july jul juli juillet juil julio",
        "august aug aout agosto ago",
        "september sep sept septembre septiembre",
        "october oct oktober okt octobre octubre",
        "november nov novembre noviembre",
        "december dec dezember dez decembre diciembre dic",
    ),
    start=1,
):
    MONTHS |= dict.fromkeys(_names.split(), _number)
PRESENT = (
    "present", "now", "today", "current", "ongoing", "date", "heute", "jetzt", "aktuell", "laufend",
    "aujourd'hui", "aujourd’hui", "ce jour", "actuel", "actuellement", "presente", "actualidad", "actual", "hoy",
)  # fmt: skip

_NOT_LETTERS = re.compile(r"[^\w]+")


def fold(text: str) -> str:
    """Lower case without accents; the length may change."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(text: str) -> list[str]:
    """The folded words of a text."""
    return _NOT_LETTERS.sub(" ", fold(text)).split()


def section_of(line: str) -> str | None:
    """What a line is the heading of; letters set apart ("E X P E R I E N C E") are read together."""
    if len(line) > 60:
        return None
    every = words(line)
    if len(every) > 4 and all(len(word) == 1 for word in every):
        joined = "".join(every)
        return next((of for heading, of in SECTION_OF.items() if heading.replace(" ", "") == joined), None)
    plain = " ".join(every)
    if plain in SECTION_OF:
        return SECTION_OF[plain]
    found = [word for word in every if word not in ("and", "und", "et", "y")]
    # "Skills & Languages", "Kenntnisse und Interessen": the first half says it.
    for count in (1, 2):
        if (
            1 < len(found) <= 4
            and " ".join(found[:count]) in SECTION_OF
            and " ".join(found[count:]) in SECTION_OF
        ):
            return SECTION_OF[" ".join(found[:count])]
    return None


def is_title(text: str) -> bool:
    """Whether a text reads as a position."""
    folded = fold(text)
    return any(re.search(rf"\b{re.escape(stem)}", folded) for stem in TITLE_STEMS) or any(
        stem in folded for stem in ("entwickler", "ingenieur", "leiter", "berater", "referent", "pfleger")
    )


def is_company(text: str) -> bool:
    """Whether a text carries the mark of a company."""
    return any(word in COMPANY_WORDS for word in words(text.replace(".", "")))


def is_school(text: str) -> bool:
    """Whether a text names a school."""
    folded = f"{fold(text)} "
    return any(re.search(rf"\b{re.escape(stem)}", folded) for stem in SCHOOL_STEMS) or any(
        stem in folded for stem in ("hochschule", "schule ", "universit")
    )


def is_degree(text: str) -> bool:
    """Whether a text names a degree."""
    folded = f"{fold(text)} "
    return any(re.search(rf"(?<!\w){re.escape(stem)}", folded) for stem in DEGREE_STEMS)
