// When something began and ended, as profiles write it in many languages.

const LANGUAGES = ["en", "de", "fr", "es", "pt", "it", "nl", "da", "nb", "sv", "fi", "pl", "cs", "ro", "hu", "tr", "id", "ru", "uk", "el"];

/** 2021-03, 2021年3月, 03/2021. */
const NUMBERED = [/(?:19|20)\d\d-(\d\d)(?!\d)/, /\d{4}[年년] ?(\d{1,2})[月월]/, /(?<!\d)(\d{1,2})[./](?:19|20)\d\d/];

/** Month's word without accents and dot → 1–12; 0 for a word that two languages give to two months. Made when first needed. */
let months = null;

function monthOf(word) {
  months ??= monthWords();
  return months.get(word) ?? 0;
}

function monthWords() {
  const words = new Map();
  // Beside a day some languages inflect the month: "maj" and "maja".
  const styles = [{ month: "long" }, { month: "short" }, { month: "long", day: "numeric" }, { month: "short", day: "numeric" }];
  for (const format of LANGUAGES.flatMap((language) => styles.map((style) => new Intl.DateTimeFormat(language, { ...style, timeZone: "UTC" })))) {
    for (let number = 1; number <= 12; number += 1) {
      const word = plain(format.formatToParts(Date.UTC(2021, number - 1, 1)).find((part) => part.type === "month").value);
      if (/^\p{L}{3,}$/u.test(word)) words.set(word, words.has(word) && words.get(word) !== number ? 0 : number);
    }
  }
  return words;
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}+/gu, "").replaceAll(".", "").toLowerCase();
}

/**
 * Begin and end of a period: `Mar 2019 – Present · 2 yrs` → `{started: "2019-03", ended: ""}`, `2016-2020` → two years. One date
 * alone is the beginning. What cannot be read is empty.
 *
 * @returns {{started: string, ended: string}}
 */
export function period(text) {
  const [span] = text.split("·");
  const [from, to = ""] = span.split(/ ?[–—―~～] ?| - |(?<=\d{4})-(?=\d{4})| (?:to|bis|until|till|au|à|al|hasta|até|fino a|tot|til|till|do|до|по) /);
  return { started: date(from), ended: date(to) };
}

/** `2021-03` or `2021`, else empty: ISO dates, 2021年3月, a month's word beside a year, 03/2021. */
export function date(text) {
  const year = /(?<!\d)(?:19|20)\d\d(?!\d)/.exec(text)?.[0];
  if (!year) return "";
  const number = NUMBERED.map((form) => form.exec(text)?.[1]).find(Boolean);
  const word = plain(text).split(/[^\p{L}]+/u).find(monthOf);
  const month = Number(number ?? (word ? monthOf(word) : 0));
  return month >= 1 && month <= 12 ? `${year}-${String(month).padStart(2, "0")}` : year;
}
