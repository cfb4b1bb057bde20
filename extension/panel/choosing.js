/** One of several: whom the page shows, or whom a new person may be. */

import { h, icon } from "./h.js";
import { avatar, position, screen } from "./parts.js";

const BECAUSE = { profile: "Same profile address", email: "Same e-mail address", phone: "Same phone number", name_and_company: "Same name and company" };

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.text
 * @param {{because?: string, person: any}[]} options.people
 * @param {(person: any) => void} options.choose
 * @param {{label: string, act: () => void}} options.otherwise
 */
export function choosing({ title, text, people, choose, otherwise }) {
  const rows = people.map(({ because, person }) => h("li", {},
    h("button", { class: "flex w-full cursor-pointer items-center gap-3 px-3 py-2.5 text-start hover:bg-hover focus-visible:-outline-offset-2", type: "button", on: { click: () => choose(person) } },
      avatar(person),
      h("span", { class: "min-w-0 flex-1" },
        h("span", { class: "block truncate text-left text-sm font-medium", dir: "auto" }, person.name),
        h("span", { class: "block truncate text-left text-xs text-muted" }, position(person)),
        because && h("span", { class: "block text-xs text-muted" }, BECAUSE[because] || because)),
      icon("chevron-right", "size-4 text-muted"))));
  return screen([
    h("h1", { class: "mb-1 text-lg font-medium outline-none", tabindex: "-1" }, title),
    h("p", { class: "mb-4 text-sm text-muted" }, text),
    h("ul", { class: "panel divide-y divide-line" }, rows),
  ], [h("button", { class: "btn", type: "button", on: { click: otherwise.act } }, otherwise.label)]);
}
