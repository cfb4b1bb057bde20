// A page with an h-card of the person it belongs to (microformats2).

import { addressesOf, isAddress, numberOf, pageOf, samePage, webAddress } from "../links.js";
import { linesOf, relMe, textOf } from "../markup.js";
import { nameParts } from "../names.js";
import { fold } from "../words.js";

const ROOTS = ".h-card, .h-adr, .h-geo, .h-entry, .h-feed, .h-event, .h-cite, .h-item, .h-product, .h-recipe, .h-resume, .h-review";
const MOST = 100;

/**
 * What the representative h-card says; null when the page has none, or it is an organisation's.
 *
 * @param {Document} document
 * @param {string} url
 * @returns {Partial<import("../profile.js").Profile>|null}
 */
export function read(document, url) {
  const card = representative(document, url);
  if (!card) return null;
  const name = text(card, "p-name") || implied(card), company = text(card, "p-org");
  if (company && fold(company) === fold(name)) return null;
  const names = nameParts({ full: name, given: text(card, "p-given-name"), family: text(card, "p-family-name") });
  if (!names.first_name && !names.last_name) return null;
  const [note] = properties(card, "p-note");
  return {
    ...names, company, title: text(card, "p-job-title") || text(card, "p-role"), summary: note ? linesOf(note).join("\n") : "", location: place(card),
    emails: properties(card, "u-email", "p-email").flatMap(addresses), phones: properties(card, "p-tel", "u-tel").map(number).filter(Boolean),
    profiles: [...links(card), ...relMe(document)].map((link) => pageOf(link, url)).filter(Boolean),
  };
}

/**
 * microformats.org/wiki/representative-h-card-parsing: the card whose uid and url are the page; else one with a url that the page
 * links with rel=me; else the only card, when its url is the page.
 */
function representative(document, url) {
  const cards = [...document.querySelectorAll(".h-card")].slice(0, MOST), mine = relMe(document);
  const isHere = (link) => !link.includes("#") && samePage(link, url, url);
  return cards.find((card) => properties(card, "u-uid").some((el) => isHere(linkOf(el))) && links(card).some(isHere))
    ?? cards.find((card) => links(card).some((link) => mine.some((other) => samePage(link, other, url))))
    ?? (cards.length === 1 && links(cards[0]).some(isHere) ? cards[0] : null);
}

/** The elements of a property that are the card's own, not those of another microformat in it; the card itself is never one. */
function properties(card, ...names) {
  const found = [...card.querySelectorAll(names.map((name) => `.${name}`).join(", "))].slice(0, MOST);
  return found.filter((el) => ownerOf(el) === card);
}

const ownerOf = (el) => el.parentElement.closest(ROOTS);

function text(card, name) {
  const [el] = properties(card, name);
  return el ? valueOf(el) : "";
}

/** What an element says: its value, alternative text or words; of a card in a card its name. */
function valueOf(el) {
  if (el.matches(".h-card")) return text(el, "p-name") || implied(el);
  const attribute = { abbr: "title", img: "alt", data: "value" }[el.localName];
  return (attribute && el.getAttribute(attribute)) ?? textOf(el);
}

/** A card without properties is named by its words. */
const implied = (card) => (card.querySelector('[class^="p-"], [class*=" p-"]') ? "" : card.getAttribute("alt") ?? card.getAttribute("title") ?? textOf(card));

const linkOf = (el) => el.getAttribute("href") ?? el.getAttribute("value") ?? textOf(el);

function links(card) {
  const explicit = properties(card, "u-url").map(linkOf);
  if (explicit.length) return explicit;
  const own = card.hasAttribute("href") ? [card] : [...card.querySelectorAll("a[href]")].filter((el) => ownerOf(el) === card);
  return own.length === 1 && webAddress(own[0].getAttribute("href"), "https://none.example/") ? [linkOf(own[0])] : [];
}

/** Town, region and country: of the card, or of an address in it. */
function place(card) {
  const [address] = properties(card, "p-adr", "h-adr"), from = address?.matches(".h-adr") ? address : card;
  const parts = ["p-locality", "p-region", "p-country-name"].map((name) => text(from, name)).filter(Boolean);
  return parts.join(", ") || text(card, "p-label") || (address ? textOf(address) : "");
}

function addresses(el) {
  const value = linkOf(el).trim();
  return isAddress(value) ? [value] : addressesOf(value);
}

const number = (el) => numberOf(el.getAttribute("href") ?? "") || valueOf(el);
