// Text and links out of an inert document, as a reader of the page would see them.

import { lineOf } from "./words.js";

const BLOCKS = [
  "address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
  "header", "hr", "li", "main", "nav", "ol", "p", "section", "ul",
].join(", ");
const UNREAD = "script, style, template, noscript, title";
/** What is read of one element; more is no name, title or summary. */
const MOST = 20_000;

/** Whether the page displays an element, as far as the snapshot knows. @param {Element} el */
export const isShown = (el) => !el.closest("[hidden]");

/** The first element that is shown. @param {ParentNode} root @returns {Element|null} */
export const shown = (root, selector) => [...root.querySelectorAll(selector)].find(isShown) ?? null;

/**
 * The lines of text of an element, as its blocks and line breaks part them; hidden parts of it are left out.
 *
 * @param {Element|null} el
 * @returns {string[]}
 */
export function linesOf(el) {
  if (!el) return [];
  const walker = el.ownerDocument.createTreeWalker(el, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT), lines = [""];
  let block = null, left = MOST;
  for (let node = walker.nextNode(); node && left > 0; node = walker.nextNode()) {
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (node.localName === "br") block = null;
      continue;
    }
    const parent = node.parentElement, hiding = parent.closest(`[hidden], ${UNREAD}`);
    if (hiding && hiding !== el && el.contains(hiding)) continue;
    const own = parent.closest(BLOCKS);
    if (own !== block) lines.push("");
    block = own;
    lines[lines.length - 1] += node.data.slice(0, left);
    left -= node.data.length;
  }
  return lines.map((line) => lineOf(line, MOST)).filter(Boolean);
}

/** The text of an element on one line. @param {Element|null} el */
export const textOf = (el) => linesOf(el).join(" ");

/** The text of the first element that is shown and matches. @param {ParentNode|null} root */
export const textAt = (root, selector) => (root ? textOf(shown(root, selector)) : "");

/** The plain text of a value that may hold markup, as descriptions in JSON-LD do; scripts in it neither run nor count. */
export function plain(value) {
  if (!/[<&]/.test(value)) return value;
  return linesOf(new DOMParser().parseFromString(value.slice(0, MOST), "text/html").body).join("\n");
}

/** The content of `<meta name="…">` or `<meta property="…">`. @param {Document} document */
export function meta(document, name) {
  const found = document.querySelector(`meta[name="${name}" i], meta[property="${name}" i]`);
  return lineOf(found?.getAttribute("content"), MOST);
}

/** The parts of the page's title: `Ida Hansen – Welder | Voltra` → three. @param {Document} document */
export function titleParts(document) {
  return partsOf(document.title);
}

/** A title cut where a sign with spaces around it stands between its parts. */
export function partsOf(title) {
  return lineOf(title, 1_000).split(/ [|–—·•:»«/-] |: /).map((part) => part.trim()).filter(Boolean);
}

/** What a page declares by rel=me, shown or not: other pages of whom it belongs to. @param {Document} document @returns {string[]} */
export function relMe(document) {
  const links = [...document.querySelectorAll('a[rel~="me" i][href], link[rel~="me" i][href]')];
  return links.slice(0, 50).map((el) => el.getAttribute("href"));
}
