// What a page declares by schema.org, in JSON-LD or microdata, as items of one shape.

import { webAddress } from "./links.js";
import { textOf } from "./markup.js";

/**
 * @typedef {object} Item
 * @property {Set<string>} types without their vocabulary: "Person"
 * @property {string} id empty when it has none
 * @property {Map<string, Array<string|Item>>} values property → what it says; a Map, so that no name of a property means anything to JavaScript
 */

const MOST_SCRIPTS = 50, MOST_ITEMS = 5_000, MOST_VALUES = 200, DEEPEST = 12;
const VOCABULARY = /^(?:https?:\/\/(?:www\.)?schema\.org\/|schema:)/i;

/** The items a page declares by themselves, not as a value of another. @param {Document} document @returns {Item[]} */
export function items(document) {
  return [...jsonLd(document), ...microdata(document)];
}

/** The values of a property: texts and items. @param {Item|string|undefined} item @returns {Array<string|Item>} */
export const valuesOf = (item, ...names) => (isItem(item) ? names.flatMap((name) => item.values.get(name) ?? []) : []);

/** The first text of a property, or of the name of the item it holds. @param {Item|string|undefined} item */
export function textOfItem(item, ...names) {
  for (const value of valuesOf(item, ...names)) {
    const text = isItem(value) ? valuesOf(value, "name").find((name) => !isItem(name)) : value; // no further: items may go round in circles
    if (text) return text;
  }
  return "";
}

/** @returns {value is Item} */
export const isItem = (value) => value !== null && typeof value === "object";
/** @param {Item|string} value */
export const isA = (value, ...types) => isItem(value) && types.some((type) => value.types.has(type));

// ── JSON-LD ────────────────────────────────────────────────────────────────

/** @param {Document} document @returns {Item[]} */
function jsonLd(document) {
  const made = { count: 0, named: new Map() }, tops = [];
  for (const script of [...document.querySelectorAll('script[type="application/ld+json" i]')].slice(0, MOST_SCRIPTS)) {
    let value;
    try { value = JSON.parse(script.textContent); } catch { continue; } // broken: the page says nothing by it
    tops.push(...roots(value).map((node) => itemOf(node, made, 0)).filter(Boolean));
  }
  for (const item of made.named.values()) resolve(item, made.named);
  for (const item of tops) resolve(item, made.named);
  return tops;
}

/** The nodes at the top: of arrays and `@graph`s, two deep, which is what is written. */
function roots(value, depth = 0) {
  if (Array.isArray(value)) return depth > 3 ? [] : value.slice(0, MOST_VALUES).flatMap((each) => roots(each, depth + 1));
  if (value === null || typeof value !== "object") return [];
  const graph = own(value, "@graph");
  return graph === undefined ? [value] : depth > 3 ? [] : roots(graph, depth + 1);
}

const own = (node, key) => (Object.hasOwn(node, key) ? node[key] : undefined);

/** @returns {Item|null} null when there are too many already */
function itemOf(node, made, depth) {
  if ((made.count += 1) > MOST_ITEMS) return null;
  const id = own(node, "@id"), item = { types: typesOf(own(node, "@type")), id: typeof id === "string" ? id.slice(0, 2_000) : "", values: new Map() };
  for (const [key, value] of Object.entries(node).slice(0, MOST_VALUES)) {
    if (key.startsWith("@")) continue;
    const values = flat(value, made, depth);
    if (values.length) item.values.set(key.replace(VOCABULARY, ""), values);
  }
  if (item.id && item.values.size && !made.named.has(item.id)) made.named.set(item.id, item);
  return item;
}

function flat(value, made, depth) {
  if (typeof value === "string") return value ? [value] : [];
  if (typeof value === "number") return [String(value)];
  if (value === null || typeof value !== "object" || depth >= DEEPEST) return [];
  if (Array.isArray(value)) return value.slice(0, MOST_VALUES).flatMap((each) => flat(each, made, depth + 1));
  for (const wrapper of ["@value", "@list", "@set"]) if (Object.hasOwn(value, wrapper)) return flat(value[wrapper], made, depth + 1);
  const item = itemOf(value, made, depth + 1);
  return item ? [item] : [];
}

/** Put items in the place of bare references to them, one step deep: further steps are resolved in the items themselves. */
function resolve(item, named) {
  for (const [key, values] of item.values) {
    item.values.set(key, values.map((value) => (isItem(value) && value.id && !value.values.size ? named.get(value.id) ?? value : value)));
    for (const value of values) if (isItem(value) && !value.id) resolve(value, named);
  }
}

function typesOf(value) {
  const types = Array.isArray(value) ? value.slice(0, 20) : [value];
  return new Set(types.filter((type) => typeof type === "string").map((type) => type.trim().replace(VOCABULARY, "")));
}

// ── microdata ──────────────────────────────────────────────────────────────

/** @param {Document} document @returns {Item[]} */
function microdata(document) {
  const scopes = document.querySelectorAll('[itemscope]:is([itemtype*="schema.org/Person" i], [itemtype*="Page" i]):not([itemprop])'), made = { count: 0 };
  return [...scopes].slice(0, MOST_VALUES).map((scope) => scopeOf(scope, made, 0));
}

/** @param {Element} scope @returns {Item} */
function scopeOf(scope, made, depth) {
  const types = typesOf((scope.getAttribute("itemtype") ?? "").split(/\s+/)), item = { types, id: scope.getAttribute("itemid") ?? "", values: new Map() };
  for (const el of properties(scope)) {
    if ((made.count += 1) > MOST_ITEMS) break;
    const value = el.hasAttribute("itemscope") ? (depth < 4 ? scopeOf(el, made, depth + 1) : "") : valueOf(el);
    if (!value) continue;
    for (const name of el.getAttribute("itemprop").split(/\s+/).filter(Boolean)) {
      const key = name.replace(VOCABULARY, "");
      item.values.set(key, [...(item.values.get(key) ?? []), value]);
    }
  }
  return item;
}

/** The elements that say something of a scope: its own, and those its itemref names elsewhere. @param {Element} scope */
function properties(scope) {
  const referred = (scope.getAttribute("itemref") ?? "").split(/\s+/).filter(Boolean).slice(0, 20);
  const elsewhere = referred.map((id) => scope.ownerDocument.getElementById(id)).filter((el) => el && !el.contains(scope));
  const inside = [...scope.querySelectorAll("[itemprop]")].filter((el) => el.parentElement.closest("[itemscope]") === scope);
  const beside = elsewhere.flatMap((el) => [el, ...el.querySelectorAll("[itemprop]")].filter((each) => each.hasAttribute("itemprop") && owner(each, el) === null));
  return [...inside, ...beside].slice(0, MOST_VALUES);
}

/** The scope between an element and the end of its branch; null when there is none. */
function owner(el, branch) {
  const scope = el === branch ? null : el.parentElement.closest("[itemscope]");
  return scope && branch.contains(scope) ? scope : null;
}

/** @param {Element} el */
function valueOf(el) {
  if (el.hasAttribute("content")) return el.getAttribute("content");
  if (el.hasAttribute("href")) {
    const href = el.getAttribute("href"), isLink = webAddress(href, "https://none.example/");
    // <a itemprop="name" href="/ida">Ida</a>: a name is what stands there.
    return /\b(?:url|sameAs|email|telephone|image|mainEntityOfPage)\b/.test(el.getAttribute("itemprop")) || !isLink ? href : textOf(el);
  }
  return el.getAttribute("datetime") ?? textOf(el);
}
