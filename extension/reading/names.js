// People's names: what can be one, and which part of it is which.

import { fold, lineOf } from "./words.js";

const words = (text) => new Set(text.trim().split(/\s+/));
// The same words as the server's sourcing/normalising.py, so that a name is split alike at every door.
const PARTICLES = words("af al bin bint da dal das de dei del della den der des di do dos du el ibn la le ten ter van vom von zu zum zur");
const TITLES = words("dr prof mr mrs ms dipl ing");
/** Titles that are also names or words: only with their full stop. */
const DOTTED_TITLES = words("avv bc dott dr-ing dipl-ing habil ir jur mag med mgr nat phil rer techn univ");
const AFTER_NAMES = words("jr sr ii iii iv");
const DEGREES = words("phd mba msc bsc ma ba md");
/** What stands where names stand and is none: parts of a site, and kinds of companies. */
const NO_NAMES = words(`
  about accueil all and are blog book books business careers co company consulting contact cookie corp cv dashboard den der die digital el en error
  find for found free from gallery gmbh group guide help hello hjem home how inc inicio join kontakt la learn les llc log login ltd main map me
  meet menu my news not of off on online open or our over page policy portfolio post posts privacy profile project projects read resume search
  services shop sign site solutions start startseite store studio team terms the this to und us verein we web website welcome what who why with
  work works you your`);
const EMOJI = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator})[\u200d\ufe0e\ufe0f\u20e3]*/gu;
const IDEOGRAPHIC = /[\u3040-\u9fff\uac00-\ud7af]/;

/** A text as a person's name, without emoji, brackets and quoted nicknames; empty when it cannot be one. */
export function personName(value) {
  const text = lineOf(value, 400).replace(EMOJI, "").replace(/\([^()]*\)|（[^（）]*）|"[^"]*"|“[^“”]*”/g, " ");
  const name = lineOf(text, 300).replace(/^[\s,.;:·|-]+|[\s,;:·|-]+$/g, "");
  if (!/\p{L}/u.test(name) || /[<>{}[\]|=\\/@#*_\d]|:\/\//u.test(name)) return "";
  const parts = name.split(" ");
  return parts.length <= 10 && !parts.every((part) => /^(?:undefined|null|nan|none)$/i.test(part)) ? name : "";
}

/**
 * Whether a text that nobody declared to be a name reads like a whole one: two to five words of letters, capitals where the
 * script has them, or a few ideographs; no words of menus and companies.
 */
export function looksLikeName(text) {
  if (text.length > 80) return false;
  if (/^[\u4e00-\u9fff]{2,4}$/.test(text) || /^[\uac00-\ud7af]{2,4}$/.test(text)) return true;
  const parts = text.split(" ");
  return parts.length >= 2 && parts.length <= 5 && parts.every(isNameWord) && !parts.some((part) => NO_NAMES.has(fold(part)));
}

function isNameWord(word) {
  if (!/^[\p{L}\p{M}'’.\u2010\u200c\u200d-]+$/u.test(word)) return false;
  const [letter] = word;
  return PARTICLES.has(word.toLowerCase()) || letter === letter.toUpperCase();
}

/**
 * First and last name out of what a page declares: `given` and `family` as they are, the rest of `full` for the one that is missing.
 *
 * @returns {{first_name: string, last_name: string}}
 */
export function nameParts({ full = "", given = "", family = "" }) {
  const [whole, first, last] = [personName(full), personName(given), personName(family)];
  if (first && last) return { first_name: first, last_name: last };
  if (first) return { first_name: first, last_name: whole.startsWith(`${first} `) ? whole.slice(first.length + 1) : "" };
  if (last && whole.endsWith(` ${last}`)) return { first_name: whole.slice(0, -last.length - 1), last_name: last };
  if (last && whole.startsWith(`${last} `)) return { first_name: whole.slice(last.length + 1), last_name: last };
  return last && !whole ? { first_name: "", last_name: last } : splitName(whole);
}

/**
 * First and last name of a full one: the last word with its particles is the last name. `Lehner, Jonas` is turned round; titles and
 * degrees are dropped. One word alone is a first name; a name written without spaces (Chinese, Japanese) stays whole as the last.
 */
export function splitName(full) {
  const [before, ...more] = full.split(",").map((part) => part.trim()), after = more.filter((part) => part && !isDegree(part, before));
  if (after.length === 1) return { first_name: after[0], last_name: before };
  const parts = before.split(" ").filter(Boolean);
  while (parts.length > 1 && isTitle(parts[0])) parts.shift();
  if (parts.length < 2) return IDEOGRAPHIC.test(before) ? { first_name: "", last_name: parts[0] ?? "" } : { first_name: parts[0] ?? "", last_name: "" };
  let at = parts.length - 1;
  if (at > 1 && AFTER_NAMES.has(bare(parts[at]))) at -= 1;
  while (at > 1 && PARTICLES.has(parts[at - 1].toLowerCase())) at -= 1;
  return { first_name: parts.slice(0, at).join(" "), last_name: parts.slice(at).join(" ") };
}

const bare = (word) => word.replaceAll(".", "").toLowerCase();
const isTitle = (word) => TITLES.has(bare(word)) || (word.endsWith(".") && DOTTED_TITLES.has(bare(word)));
const isCapital = (text) => text === text.toUpperCase() && text !== text.toLowerCase();
/** What follows a comma: a first name, or "PhD", "M.Sc.", "CSWIP" beside a name that is not written in capitals itself. */
const isDegree = (text, name) => (isCapital(text) && !isCapital(name)) || text.includes(".") || DEGREES.has(bare(text));

/** Whether two names have the same words, in whatever order and spelling of accents. */
export function sameName(one, two) {
  const sorted = (name) => fold(name).split(" ").sort().join(" ");
  return Boolean(fold(one)) && sorted(one) === sorted(two);
}

/** Whether a text such as `ida.hansen`, `ihansen` or `hansen-ida-83b1` is written after a name of two words or more. */
export function isWrittenAfter(text, name) {
  const parts = fold(name).split(" "), [first, last] = [parts[0], parts.at(-1)], letters = fold(text).replaceAll(" ", "");
  if (parts.length < 2 || last.length < 2) return false;
  return (letters.includes(first) && letters.includes(last)) || letters === first[0] + last || letters === last + first[0];
}
