// Any page: what the reader selected as a name, or the one name in title or heading that an address on the page is written after.

import { isSomebodys, isTheirs, linkedAddresses, linkedNumbers } from "../contacts.js";
import { networkOf, webAddress } from "../links.js";
import { isShown, linesOf, meta, partsOf, titleParts } from "../markup.js";
import { looksLikeName, nameParts, personName, sameName } from "../names.js";
import { fold, lineOf } from "../words.js";

/**
 * What can be said of any page without guessing; null when that is nothing.
 *
 * @param {Document} document
 * @param {string} url
 * @param {string} selection what the reader marked on the page
 * @returns {Partial<import("../profile.js").Profile>|null}
 */
export function read(document, url, selection) {
  const address = webAddress(url), marked = chosen(selection);
  if (!address || networkOf(address)) return marked ? nameParts({ full: marked }) : null; // who is linked there may be anybody
  const addresses = linkedAddresses(document, { everywhere: false }), name = marked || confirmed(document, addresses);
  if (!name) return null;
  const numbers = linkedNumbers(document, { everywhere: false }), isAlone = numbers.length === 1 && headings(document).some((each) => sameName(each, name));
  const emails = addresses.filter((address) => isTheirs(address, name));
  return { ...nameParts({ full: name }), headline: headline(document, name), emails, phones: isAlone ? numbers : [] };
}

/** The selection, when it is a name. */
function chosen(selection) {
  const text = personName(lineOf(selection, 200));
  return looksLikeName(text) ? text : "";
}

/** The name in title or heading that an address of the page is written after; empty when there are none or several. */
function confirmed(document, addresses) {
  const confirms = (name) => addresses.some((address) => isSomebodys(address) && isTheirs(address, name));
  const found = new Map(headings(document).filter(looksLikeName).filter(confirms).map((name) => [fold(name), name]));
  return found.size === 1 ? [...found.values()][0] : "";
}

/** The parts of the title and the lines of main headings, as names. */
function headings(document) {
  const lines = [...document.querySelectorAll("h1")].filter(isShown).slice(0, 3).flatMap(linesOf);
  return [...titleParts(document), ...partsOf(meta(document, "og:title")), ...lines].map(personName).filter(Boolean);
}

/** What stands between the name and the site in the title of a page about them: `Ida Hansen – Welder | Voltra` → `Welder`. */
function headline(document, name) {
  const [first, second, site] = titleParts(document);
  return site && fold(first) === fold(name) ? second : "";
}
