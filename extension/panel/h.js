/** Elements from text and data. Nothing here takes markup, so nothing a page or a server says becomes any. */

import { SHAPES } from "./shapes.js";

const SVG = "http://www.w3.org/2000/svg";
let ids = 0;

/** @typedef {any} Child an element, a text, a number, a list of these, or nothing (null, undefined, false) */

/**
 * An element. `class` and attributes as written in HTML (true: present, false and null: absent), `on` listeners.
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...Child} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "value") /** @type {any} */ (element).value = value;
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/** @param {Child[]} children @returns {(Node | string)[]} */
function nodes(children) {
  return children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false).map((each) => (each instanceof Node ? each : String(each)));
}

/** Put other children into an element. @param {Element} element @param {...Child} children */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/** A Lucide icon, of 16 px when nothing else is said; the words stand beside it. @param {keyof typeof SHAPES} name @param {string} css */
export function icon(name, css = "") {
  const size = css.includes("size-") ? "" : "size-4 ";
  const svg = document.createElementNS(SVG, "svg");
  const look = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.75", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", class: `flex-none ${size}${css}` };
  for (const [key, value] of Object.entries(look)) svg.setAttribute(key, value);
  for (const [tag, attributes] of /** @type {[string, Record<string, string>][]} */ (SHAPES[name])) {
    const shape = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    svg.append(shape);
  }
  return svg;
}

/** An id no other element has. @param {string} prefix */
export function newId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}

/**
 * A link into a new tab, or plain text when the address is none of the web.
 * @param {string} address
 * @param {string} css
 * @param {...Child} children
 */
export function link(address, css, ...children) {
  const safe = /^https?:\/\//i.test(address || "");
  return safe ? h("a", { class: css, href: address, target: "_blank", rel: "noopener noreferrer" }, ...children) : h("span", { class: css }, ...children);
}
