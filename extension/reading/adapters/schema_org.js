// A page that declares a person by schema.org: JSON-LD or microdata.

import { date } from "../dates.js";
import { addressesOf, isAddress, pageOf, samePage } from "../links.js";
import { meta, plain, textOf } from "../markup.js";
import { looksLikeName, nameParts } from "../names.js";
import { isA, isItem, items, textOfItem, valuesOf } from "../structured.js";
import { fold } from "../words.js";

const PAGES = ["WebPage", "ProfilePage", "AboutPage", "ContactPage", "ItemPage", "CollectionPage"];
const SCHOOLS = ["EducationalOrganization", "CollegeOrUniversity", "HighSchool", "MiddleSchool", "ElementarySchool", "School"];

/**
 * What the page declares of the one person it is about; null when it is about nobody, or several.
 *
 * @param {Document} document
 * @param {string} url
 * @returns {Partial<import("../profile.js").Profile>|null}
 */
export function read(document, url) {
  const person = mainPerson(items(document), document, url);
  if (!person) return null;
  const job = position(person);
  return {
    ...namesOf(person), ...job, location: place(person), summary: text(person, "description"), headline: text(person, "disambiguatingDescription"),
    emails: contact(person, "email").flatMap(addresses), phones: contact(person, "telephone", "phone").map((value) => value.replace(/^tel:/i, "")),
    profiles: valuesOf(person, "sameAs", "url").map(addressOf).filter((link) => /^(?:https?:)?\//i.test(link)).map((link) => pageOf(link, url)).filter(Boolean),
    skills: valuesOf(person, "knowsAbout", "skills", "hasSkill").map((value) => plain(isItem(value) ? textOfItem(value, "name") : value)),
    experience: [...experience(person, "worksFor", "affiliation"), ...experience(person, "alumniOf")], education: education(person),
  };
}

const text = (item, ...names) => plain(textOfItem(item, ...names));

// ── which person ───────────────────────────────────────────────────────────

/** The person a page says it is about; else the only one it names by itself whose page, heading or title this is. */
function mainPerson(tops, document, url) {
  const pages = tops.filter((item) => isA(item, ...PAGES));
  const mains = pages.flatMap((page) => valuesOf(page, "mainEntity")).filter(isItem);
  if (mains.length) return mains.every((item) => isA(item, "Person")) ? theOnly(mains) : null;
  const about = pages.filter((page) => isA(page, "ProfilePage", "AboutPage")).flatMap((page) => valuesOf(page, "about")).filter((item) => isA(item, "Person"));
  if (about.length) return theOnly(about);
  const people = tops.filter((item) => isA(item, "Person"));
  const here = people.filter((person) => valuesOf(person, "url", "mainEntityOfPage").some((value) => isHere(addressOf(value), url)));
  const person = theOnly(people) ?? theOnly(here);
  return person && (here.includes(person) || isNamed(person, document)) ? person : null;
}

const addressOf = (value) => (isItem(value) ? textOfItem(value, "url") || value.id : value);
/** A place on the page is not the page: a team's members have one each. */
const isHere = (link, url) => !link.includes("#") && samePage(link, url, url);

/** The one person that several items describe, the fullest of them; null when they describe several. */
function theOnly(people) {
  const named = people.filter(nameOf);
  return new Set(named.map(nameOf)).size === 1 ? named.toSorted((one, two) => two.values.size - one.values.size)[0] : null;
}

const namesOf = (person) => nameParts({ full: text(person, "name"), given: text(person, "givenName"), family: text(person, "familyName") });
/** For comparing. */
const nameOf = (person) => { const names = namesOf(person); return fold(`${names.first_name} ${names.last_name}`); };

/** Whether the person's name stands in the page's title or main heading: an author's stands elsewhere. */
function isNamed(person, document) {
  const name = nameOf(person), { first_name: first, last_name: last } = namesOf(person), turned = fold(`${last} ${first}`);
  const headings = [document.title, meta(document, "og:title"), ...[...document.querySelectorAll("h1")].slice(0, 5).map(textOf)];
  return (name.includes(" ") || looksLikeName(name)) && headings.some((heading) => [name, turned].some((each) => ` ${fold(heading)} `.includes(` ${each} `)));
}

// ── what it says ───────────────────────────────────────────────────────────

/** Where the person works now: jobs with an end are over. */
function position(person) {
  const current = valuesOf(person, "worksFor", "affiliation").filter((item) => !ended(item));
  const [employer] = current, occupation = valuesOf(person, "hasOccupation").find((item) => !ended(item));
  const title = text(person, "jobTitle") || role(employer) || (isItem(occupation) ? text(occupation, "roleName", "name") : plain(occupation ?? ""));
  return { title, company: employer ? organisation(employer) : "" };
}

/** The name of an organisation, also of one inside a Role. */
function organisation(value) {
  if (!isItem(value)) return plain(value);
  return text(value, "name", "legalName") || text(value, "worksFor", "affiliation", "alumniOf", "memberOf");
}

/** The Role that an organisation holds in its `member`; others stand around the organisation. */
const roleIn = (value) => valuesOf(value, "member").find(isItem);
const role = (value) => text(value, "roleName", "namedPosition") || text(roleIn(value), "roleName", "namedPosition");

function dates(value) {
  const of = (name) => date(textOfItem(value, name) || textOfItem(roleIn(value), name));
  return { started: of("startDate"), ended: of("endDate") };
}

const ended = (value) => Boolean(dates(value).ended);
const isNamedOrSchool = (value) => !isItem(value) || isA(value, ...SCHOOLS);
const isSchool = (value) => isNamedOrSchool(value) || valuesOf(value, "alumniOf").some(isNamedOrSchool);

function experience(person, ...names) {
  const jobs = valuesOf(person, ...names).filter((value) => isItem(value) && !(names.includes("alumniOf") && isSchool(value)));
  return jobs.map((value) => ({ title: role(value), company: organisation(value), ...dates(value) })).filter((row) => row.title || row.started || row.ended);
}

function education(person) {
  return valuesOf(person, "alumniOf").filter(isSchool).map((value) => ({ school: organisation(value), degree: "", field: "", ended: dates(value).ended }));
}

function place(person) {
  for (const value of valuesOf(person, "address", "homeLocation", "workLocation")) {
    const address = isItem(value) ? valuesOf(value, "address")[0] ?? value : value;
    if (!isItem(address)) return plain(address);
    const parts = ["addressLocality", "addressRegion", "addressCountry"].map((name) => text(address, name)).filter(Boolean);
    const found = parts.join(", ") || text(value, "name");
    if (found) return found;
  }
  return "";
}

/** What the person or its ContactPoints hold. */
function contact(person, ...names) {
  const holders = [person, ...valuesOf(person, "contactPoint", "contactPoints").filter(isItem)];
  return holders.flatMap((holder) => valuesOf(holder, ...names)).filter((value) => !isItem(value)).map((value) => value.trim());
}

const addresses = (value) => (isAddress(value) ? [value] : addressesOf(value));
