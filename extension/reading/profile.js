// What a page says of a person, in one shape whatever the page looked like.

import { personName } from "./names.js";
import { isAddress, isNumber } from "./links.js";
import { blockOf, lineOf } from "./words.js";

/**
 * @typedef {{title: string, company: string, started: string, ended: string}} Position dates as "2021-03" or "2021", empty when unknown or going on
 * @typedef {{school: string, degree: string, field: string, ended: string}} School
 * @typedef {object} Profile
 * @property {string} url the page's address
 * @property {string} site its host without "www."
 * @property {string} adapter who understood the page; empty when nobody did
 * @property {string} first_name
 * @property {string} last_name
 * @property {string} headline
 * @property {string} title
 * @property {string} company
 * @property {string} location
 * @property {string} summary
 * @property {string[]} emails
 * @property {string[]} phones
 * @property {string[]} profiles addresses of the person's own pages, canonical
 * @property {string[]} skills
 * @property {Position[]} experience
 * @property {School[]} education
 */

/** The most characters a text has, and the most entries a list. */
export const BOUNDS = {
  url: 2_000, site: 253, adapter: 30, first_name: 300, last_name: 300, headline: 500, title: 300, company: 300, location: 300, summary: 5_000,
  emails: 10, phones: 10, profiles: 10, skills: 50, experience: 20, education: 20,
};
const SKILL = 100, ENTRY = 300, LINK = 500;

/** A profile that says nothing. @returns {Profile} */
export function emptyProfile() {
  return {
    url: "", site: "", adapter: "", first_name: "", last_name: "", headline: "", title: "", company: "", location: "", summary: "",
    emails: [], phones: [], profiles: [], skills: [], experience: [], education: [],
  };
}

/**
 * The same profile fit to be shown and sent: every key present, texts of one line without control and invisible characters, lists
 * without repetition, all within `BOUNDS`, and nothing that cannot be what it is given for. Takes anything; never throws.
 *
 * @param {object} given
 * @returns {Profile}
 */
export function clean(given) {
  const of = (key) => (given && Object.hasOwn(given, key) ? given[key] : undefined);
  const line = (key) => sensible(lineOf(of(key), BOUNDS[key]));
  const list = (key, one) => distinct(entries(of(key)).map(one).filter(Boolean)).slice(0, BOUNDS[key]);
  const rows = (key, shape) => distinct(records(of(key)).map((row) => shaped(row, shape)).filter(Boolean)).slice(0, BOUNDS[key]);
  return {
    url: lineOf(of("url"), BOUNDS.url), site: lineOf(of("site"), BOUNDS.site), adapter: lineOf(of("adapter"), BOUNDS.adapter),
    first_name: lineOf(personName(of("first_name")), BOUNDS.first_name), last_name: lineOf(personName(of("last_name")), BOUNDS.last_name),
    headline: line("headline"), title: line("title"), company: line("company"), location: line("location"),
    summary: sensible(blockOf(of("summary"), BOUNDS.summary)),
    emails: list("emails", (value) => { const email = lineOf(value, LINK).toLowerCase(); return isAddress(email) ? email : ""; }),
    phones: list("phones", (value) => { const phone = lineOf(value, ENTRY); return isNumber(phone) ? phone : ""; }),
    profiles: list("profiles", (value) => (typeof value === "string" && value.length <= LINK && value.startsWith("https://") ? value : "")),
    skills: list("skills", (value) => { const skill = sensible(lineOf(value, ENTRY)); return skill.length <= SKILL ? skill : ""; }),
    experience: rows("experience", { title: "name", company: "name", started: "date", ended: "date" }),
    education: rows("education", { school: "name", degree: "text", field: "text", ended: "date" }),
  };
}

/** Empty for what says nothing: no letter or digit in any script, letters hidden behind asterisks, a slip of the page's own script. */
function sensible(text) {
  return /[\p{L}\p{N}]/u.test(text) && !text.includes("***") && !/^(?:undefined|null|nan|\[object object\])$/i.test(text) ? text : "";
}

/** A row of an experience or education with just the keys of `shape`; null without any of its names. */
function shaped(row, shape) {
  const made = {};
  for (const [key, sort] of Object.entries(shape)) {
    const text = Object.hasOwn(row, key) ? lineOf(row[key], ENTRY) : "";
    made[key] = sort === "date" ? (/^(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?$/.test(text) ? text : "") : sensible(text);
  }
  return Object.entries(shape).some(([key, sort]) => sort === "name" && made[key]) ? made : null;
}

const entries = (value) => (Array.isArray(value) ? value : []);
const records = (value) => entries(value).filter((row) => row !== null && typeof row === "object");

/** The values without those that differ from an earlier one only in case. */
function distinct(values) {
  const seen = new Set();
  return values.filter((value) => {
    const key = JSON.stringify(value).toLowerCase();
    return !seen.has(key) && seen.add(key);
  });
}
