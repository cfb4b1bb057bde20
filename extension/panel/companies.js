/** Which company of a connected system a person's is, when there may be several of that name (seed 003). */

import { fill, h, icon, newId } from "./h.js";
import { banner, setBusy } from "./parts.js";

/**
 * @param {object} options
 * @param {import("../beckon/client.js").Client} options.client
 * @param {number | null} options.candidate
 * @param {number} options.connection
 * @param {string} options.system
 * @param {{id: string, name: string} | null} options.chosen
 */
export function companyChooser({ client, candidate, connection, system, chosen }) {
  const element = h("div", {});
  start(chosen);
  return element;

  function start(now) {
    fill(element,
      h("p", { class: "text-sm font-medium" }, `Company in ${system}`),
      candidate
        ? h("div", { class: "mt-1 flex flex-wrap items-center gap-2 text-sm" }, h("bdi", { class: "wrap-anywhere" }, now ? now.name : "None chosen"), h("button", { class: "btn btn-sm", type: "button", on: { click: look } }, now ? "Change" : "Choose"))
        : h("p", { class: "mt-0.5 text-xs text-muted" }, "Can be chosen once the person is saved."));
  }

  async function look(event) {
    setBusy(event.currentTarget, true);
    try {
      const found = await client.get(`/api/v1/connections/${connection}/companies/`, { candidate });
      offer(found.results ?? found);
    } catch (problem) {
      start(chosen);
      element.append(banner("amber", problem.message));
    }
  }

  function offer(companies) {
    const name = newId("company");
    if (!companies.length) {
      start(chosen);
      element.append(h("p", { class: "mt-1 text-xs text-muted" }, `${system} has no company of that name. It is made when the person is sent.`));
      return;
    }
    const rows = companies.map((each) => h("label", { class: "flex cursor-pointer items-start gap-2.5 px-3 py-2 text-sm hover:bg-hover" },
      h("input", { class: "radio mt-0.5", type: "radio", name, value: each.id, checked: each.id === chosen?.id }),
      h("span", { class: "min-w-0 flex-1" },
        h("span", { class: "flex flex-wrap items-center gap-x-2" }, h("bdi", { class: "font-medium wrap-anywhere" }, each.name), each.same_name && h("span", { class: "badge badge-tint" }, "same name")),
        each.warning && h("span", { class: "mt-0.5 flex items-start gap-1.5 text-warning" }, icon("triangle-alert", "mt-0.5"), h("span", { class: "wrap-anywhere" }, h("span", { class: "sr" }, "Warning. "), each.warning)),
        each.info.map((one) => h("span", { class: "block text-xs text-muted wrap-anywhere" }, `${one.label}: `, h("bdi", {}, one.text))))));
    const use = h("button", { class: "btn btn-sm", type: "button", on: { click: take } }, "Use this company");
    fill(element, h("fieldset", {}, h("legend", { class: "mb-1 text-sm font-medium" }, `Company in ${system}`), h("div", { class: "panel divide-y divide-line" }, rows)), h("div", { class: "mt-2 flex gap-2" }, use));
    element.querySelector("input").focus();

    async function take() {
      const picked = element.querySelector("input:checked");
      if (!picked) return;
      setBusy(use, true);
      try {
        const told = await client.put(`/api/v1/connections/${connection}/companies/`, { candidate, company: picked.value });
        chosen = told.company ? { id: told.company, name: told.name } : null;
        start(chosen);
      } catch (problem) {
        setBusy(use, false);
        element.append(banner("amber", problem.message));
      }
    }
  }
}
