// Somebody's own page: nothing is declared, but several of its parts name the same person and something shows that it is one.

import { isAnybodys, isSomebodys, isTheirs, linkedAddresses, linkedNumbers } from "../contacts.js";
import { introduced, withoutGreeting } from "../introductions.js";
import { networkOf, pageOf, profileOf, webAddress } from "../links.js";
import { isShown, linesOf, meta, partsOf, relMe, textOf, titleParts } from "../markup.js";
import { isWrittenAfter, looksLikeName, nameParts, personName, sameName } from "../names.js";
import { fold } from "../words.js";

/** Networks where nobody but a person has a page. */
const PEOPLE = new Set(["linkedin.com", "xing.com", "orcid.org", "stackoverflow.com"]);
const ABOUT = [
  "about", "about-me", "aboutme", "me", "bio", "cv", "resume", "contact", "kontakt", "hire-me", "ueber-mich", "uber-mich", "om", "om-meg", "om-mig", "a-propos",
  "sobre", "sobre-mi", "chi-sono", "over-mij", "o-mnie",
];
/** Paths of pages that stand for the whole site. */
const FRONT = new RegExp(`^/(?:index[.]html?|(?:[a-z]{2}/)?(?:${ABOUT.join("|")})(?:[.]html?)?)?/?$`, "i");

/**
 * What a personal site shows of its owner; null where it is not plain that the page is one person's.
 *
 * @param {Document} document
 * @param {string} url
 * @returns {Partial<import("../profile.js").Profile>|null}
 */
export function read(document, url) {
  const address = webAddress(url), type = meta(document, "og:type").toLowerCase();
  if (!address || ["article", "product", "video", "event"].includes(type.split(".")[0])) return null;
  const declared = nameParts({ given: meta(document, "profile:first_name"), family: meta(document, "profile:last_name") });
  if (type === "profile" && declared.first_name && declared.last_name) return declaredThere(document, url, declared);
  if (networkOf(address)) return null;
  const name = agreed(document);
  return name && (type === "profile" || isAPerson(document, url, name)) ? found(document, url, nameParts({ full: name })) : null;
}

/** Of a page that declares whose it is but may be one of many: only what is written after the name. */
function declaredThere(document, url, names) {
  const name = `${names.first_name} ${names.last_name}`, addresses = linkedAddresses(document, { everywhere: false });
  return { ...names, emails: addresses.filter((address) => isTheirs(address, name)), profiles: [ownPage(url)].filter(Boolean) };
}

/** @param {{first_name: string, last_name: string}} names */
function found(document, url, names) {
  const name = `${names.first_name} ${names.last_name}`.trim(), numbers = linkedNumbers(document, { everywhere: true });
  return {
    ...names, summary: meta(document, "description") || meta(document, "og:description"), emails: addresses(document, name),
    phones: numbers.length === 1 ? numbers : [], profiles: [ownPage(url), ...pages(document, url, name)].filter(Boolean),
  };
}

/** Those written after the name; else the only one in the page's own text, unless it is anybody's. */
function addresses(document, name) {
  const written = linkedAddresses(document, { everywhere: true }).filter((address) => isTheirs(address, name));
  const inside = linkedAddresses(document, { everywhere: false });
  return written.length || inside.length !== 1 ? written : inside.filter((address) => !isAnybodys(address));
}

// ── who ────────────────────────────────────────────────────────────────────

/** The one name that at least two of heading, title and author agree on; empty when there is none or another has as many. */
function agreed(document) {
  const headings = [...document.querySelectorAll("h1")].filter(isShown).slice(0, 3).flatMap(linesOf);
  const titles = [...titleParts(document), ...partsOf(meta(document, "og:title")), meta(document, "og:site_name")];
  const sources = [headings, titles, [meta(document, "author")]];
  const counted = new Map();
  for (const source of sources) {
    for (const [key, name] of new Map(source.map(nameIn).filter(looksLikeName).map((each) => [fold(each), each]))) {
      counted.set(key, { name, times: (counted.get(key)?.times ?? 0) + 1 });
    }
  }
  const [most, next] = [...counted.values()].sort((one, two) => two.times - one.times);
  return most && most.times >= 2 && most.times > (next?.times ?? 0) ? most.name : "";
}

/** `Hi, I’m Ida Hansen.` → `Ida Hansen` */
function nameIn(text) {
  const rest = withoutGreeting(text);
  return personName((introduced(rest) || rest).split(/[,!;] |(?<=\p{Ll}{3})\. |[.!]$/u)[0]);
}

/** Companies have headings, titles and accounts too: only people have these pages and addresses, or say "I am". */
function isAPerson(document, url, name) {
  const links = [...networkPages(document, url)].filter((link) => PEOPLE.has(networkOf(new URL(link))));
  const mine = new Set(relMe(document).map((link) => profileOf(link, url)));
  return links.some((link) => isWrittenAfter(handle(link), name) || mine.has(link))
    || linkedAddresses(document, { everywhere: true }).some((address) => isSomebodys(address) && isTheirs(address, name))
    || introduces(document, name);
}

/** Whether a line of the page says "I am" and the name; its first word is enough where the page's author is called so too. */
function introduces(document, name) {
  const expected = sameName(meta(document, "author"), name) ? fold(name).split(" ")[0] : fold(name);
  const lines = [...document.querySelectorAll("h1, h2, h3, p")].filter(isShown).slice(0, 20).map(textOf);
  return lines.some((line) => `${fold(introduced(line.slice(0, 300)))} `.startsWith(`${expected} `));
}

// ── pages ──────────────────────────────────────────────────────────────────

const handle = (link) => { try { return decodeURIComponent(link.split("/").at(-1)); } catch { return link; } };

/** Pages of people in networks that shown links lead to. */
function networkPages(document, url) {
  const links = [...document.querySelectorAll("a[href]")].slice(0, 2_000).filter(isShown);
  return new Set(links.map((el) => profileOf(el.getAttribute("href"), url)).filter(Boolean));
}

/** Those declared by rel=me, those written after the name, and a network's of people only when there is one: others may be the theme's author's. */
function pages(document, url, name) {
  const declared = relMe(document).map((link) => pageOf(link, url)).filter(Boolean), kept = [];
  for (const [network, links] of Map.groupBy(networkPages(document, url), (link) => networkOf(new URL(link)))) {
    const written = links.filter((link) => isWrittenAfter(handle(link), name));
    kept.push(...(written.length || links.length > 1 || !PEOPLE.has(network) ? written : links));
  }
  return [...declared, ...kept];
}

/** The address of the site, or of this page where the site holds more than one person's. */
function ownPage(url) {
  const address = webAddress(url);
  return networkOf(address) ? profileOf(url) : pageOf(FRONT.test(address.pathname) ? address.origin : url, url);
}

