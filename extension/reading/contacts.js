// Addresses and numbers that a page links to without saying whose they are: which of them are the person's.

import { addressesOf, isRole, numberOf } from "./links.js";
import { isShown } from "./markup.js";
import { isWrittenAfter } from "./names.js";
import { fold } from "./words.js";

/** Parts of a page that are the site's, not the person's. */
const AROUND = [
  "footer", "nav", "aside", "header", '[role="contentinfo"]', '[role="navigation"]', '[role="banner"]', '[role="complementary"]',
  '[class*="footer" i]', '[id*="footer" i]', '[class*="cookie" i]', '[id*="cookie" i]',
].join(", ");
/** More links than this are nobody's. */
const MOST = 200;
const GREETINGS = new Set(["hello", "hi", "hey", "hei", "hej", "hallo", "hola", "mail", "me", "ich", "moi"]);

/** Whether an address is a function's or greets: `hello@` is somebody's only on a domain of their own. */
export const isAnybodys = (address) => isRole(address) || GREETINGS.has(address.split("@")[0]);

/** Whether an address is written after a name: ida.hansen@, ihansen@, ida@hansen.example, hello@idahansen.example. */
export function isTheirs(address, name) {
  const [local, domain] = address.split("@"), labels = domain.split(".").slice(0, -1);
  if (isRole(address)) return false;
  if (isWrittenAfter(local, name)) return true;
  const isFirst = fold(name).startsWith(`${local} `);
  return (isFirst || GREETINGS.has(local)) && labels.some((label) => isWrittenAfter(isFirst ? local + label : label, name));
}

/** Whether an address looks like first and last name, whoever that is. */
export const isSomebodys = (address) => /^\p{L}{2,}[._-]\p{L}{2,}@/u.test(address) && !isRole(address);

/** The addresses that shown `mailto:` links lead to. @param {Document} document @returns {string[]} */
export function linkedAddresses(document, { everywhere }) {
  return distinct(links(document, "mailto:", everywhere).flatMap((el) => addressesOf(el.getAttribute("href"))));
}

/** The numbers that shown `tel:` links lead to, each once however it is written. @param {Document} document @returns {string[]} */
export function linkedNumbers(document, { everywhere }) {
  const numbers = links(document, "tel:", everywhere).map((el) => numberOf(el.getAttribute("href"))).filter(Boolean);
  return [...new Map(numbers.map((number) => [number.replace(/[^\d+]/g, ""), number])).values()];
}

function links(document, scheme, everywhere) {
  const found = [...document.querySelectorAll(`a[href^="${scheme}" i]`)];
  return found.length > MOST ? [] : found.filter((el) => isShown(el) && (everywhere || !el.closest(AROUND)));
}

const distinct = (values) => [...new Set(values)];
