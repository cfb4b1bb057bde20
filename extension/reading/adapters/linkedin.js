// A member's page at LinkedIn, as it is shown to members and to everybody. Companies, searches and the feed say nothing of a person.

import { period } from "../dates.js";
import { addressesOf, networkOf, numberOf, profileOf, webAddress } from "../links.js";
import { isShown, linesOf, meta, shown, textAt, textOf, titleParts } from "../markup.js";
import { looksLikeName, nameParts, personName, sameName } from "../names.js";

const NAME = ".pv-top-card h1, .top-card-layout__title, .top-card__title";
const HEADLINE = ".pv-top-card .text-body-medium, .top-card-layout__headline, .top-card__headline, main section .text-body-medium";
const PLACE = [
  ".pv-top-card .text-body-small.inline", ".top-card__subline-item:not(.top-card__subline-item--bullet)",
  ".profile-info-subheader .not-first-middot > span", "main section .text-body-small.inline",
].join(", ");
const ABOUT = ".core-section-container__content, .inline-show-more-text, .pv-about__summary-text, .summary p";

/**
 * What a member's page shows; null on any other page.
 *
 * @param {Document} document
 * @param {string} url
 * @returns {Partial<import("../profile.js").Profile>|null}
 */
export function read(document, url) {
  const address = webAddress(url), profile = address && networkOf(address) === "linkedin.com" ? profileOf(url) : "";
  const full = profile && (personName(textAt(document, NAME)) || headingName(document) || titleName(document));
  if (!full) return null;
  const experience = positions(section(document, "experience")), now = experience.find((job) => !job.ended) ?? {};
  return {
    ...nameParts({ full, given: meta(document, "profile:first_name"), family: meta(document, "profile:last_name") }),
    headline: textAt(document, HEADLINE), location: textAt(document, PLACE), title: now.title ?? "", company: now.company ?? "",
    summary: about(document), experience, education: schools(section(document, "education")),
    ...contactInfo(document), profiles: [profile],
  };
}

/** The main heading, where the title begins with it: others say that there is no such page. */
function headingName(document) {
  const name = personName(textAt(document, "main h1"));
  return sameName(name, titleBegin(document)) ? name : "";
}

/** `(3) Ida Hansen | LinkedIn`, `Ida Hansen - Welder - Voltra | LinkedIn` → the name. */
const titleName = (document) => (looksLikeName(titleBegin(document)) ? titleBegin(document) : "");

const titleBegin = (document) => personName(titleParts(document)[0]);

/** A section by its anchor (members) or its name (everybody). */
function section(document, name) {
  return document.querySelector(`section[data-section="${name}"], section.${name}`) ?? document.getElementById(name)?.closest("section") ?? null;
}

/** An element as it is seen: members' pages write everything once more for screen readers. */
const visible = (el) => el?.querySelector('[aria-hidden="true"]') ?? el ?? null;
const seen = (el) => textOf(visible(el));

function about(document) {
  const root = section(document, "about") ?? section(document, "summary");
  return root ? linesOf(visible(shown(root, ABOUT))).join("\n") : "";
}

function entriesOf(root) {
  const found = root ? [...root.querySelectorAll("li")] : [];
  return found.filter((el) => isShown(el) && !el.parentElement.closest("li")).slice(0, 40);
}

const beforeDot = (text) => text.split("·")[0].trim();

// ── experience ─────────────────────────────────────────────────────────────

function positions(root) {
  const jobs = entriesOf(root).flatMap((entry) => (entry.querySelector(".t-bold") ? memberJobs(entry) : publicJobs(entry)));
  return jobs.filter((each) => each.title || each.company);
}

/** An entry of a member's page: one job, or a company over the jobs somebody had there. */
function memberJobs(entry) {
  const below = [...entry.querySelectorAll("li")].filter((el) => el.querySelector(".t-bold") && dated(el));
  if (!below.length) return [job(entry, line(entry, 1))];
  const company = line(entry, 0);
  return below.map((el) => job(el, company));
}

const job = (entry, company) => ({ title: line(entry, 0), company: beforeDot(company), ...period(dated(entry)) });

/** The lines of an entry: what it is in bold, then with whom, then when; those of the entries below are theirs. */
function rowsOf(entry) {
  return [...entry.querySelectorAll(".t-bold, .t-14.t-normal")].filter((el) => el.closest("li") === entry);
}

function line(entry, at) {
  return seen(rowsOf(entry).filter((each) => !each.matches(".t-black--light"))[at]);
}

function dated(entry) {
  return seen(rowsOf(entry).find((each) => each.matches(".t-black--light") && /\d{4}/.test(each.textContent)));
}

/** An entry of a public page, alone or in a group under its company. */
function publicJobs(entry) {
  const below = [...entry.querySelectorAll("li")].filter((el) => el.querySelector("time"));
  const company = textAt(entry, ".experience-group-header__company, .experience-item__subtitle, .profile-section-card__subtitle, h4");
  const title = ".experience-group-position__title, .experience-item__title, .profile-section-card__title, h3";
  const one = (el) => ({ title: textAt(el, title), company, ...times(el) });
  return below.length ? below.map(one) : [one(entry)];
}

/** The period between the `<time>`s of an entry; without a second one it goes on. */
function times(entry) {
  const found = [...entry.querySelectorAll("time")].map(textOf);
  return period(found.slice(0, 2).join(" – "));
}

// ── education ──────────────────────────────────────────────────────────────

function schools(root) {
  const rows = entriesOf(root).map((entry) => (entry.querySelector(".t-bold") ? memberSchool(entry) : publicSchool(entry)));
  return rows.filter((row) => row.school);
}

function memberSchool(entry) {
  const { started, ended } = period(dated(entry)), [degree, ...field] = line(entry, 1).split(", ");
  return { school: line(entry, 0), degree, field: field.join(", "), ended: ended || started };
}

function publicSchool(entry) {
  const [degree = "", field = ""] = [...(shown(entry, "h4")?.querySelectorAll("span") ?? [])].map(textOf);
  const { started, ended } = times(entry);
  return { school: textAt(entry, "h3"), degree: degree || textAt(entry, "h4"), field, ended: ended || started };
}

// ── contact info ───────────────────────────────────────────────────────────

/** What the opened "Contact info" shows; addresses in posts are other people's. */
function contactInfo(document) {
  const links = [...document.querySelectorAll('[class*="contact-info"] a[href], [class*="contact-type"] a[href]')].map((el) => el.getAttribute("href"));
  return { emails: links.flatMap(addressesOf), phones: links.map(numberOf).filter(Boolean) };
}
