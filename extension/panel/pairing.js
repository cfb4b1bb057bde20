/** Connecting this browser to a Beckon, for the first time or again. */

import { BadAddress, pair } from "../beckon/servers.js";
import { Refused } from "../beckon/problems.js";
import { fill, h } from "./h.js";
import { banner, field, input, screen, setBusy, tell } from "./parts.js";

/**
 * @param {object} options
 * @param {string} options.address to begin with
 * @param {string} options.ended why it must be paired again, or ""
 * @param {() => void} options.paired
 * @param {(() => void) | null} options.cancel
 */
export function pairing({ address, ended, paired, cancel }) {
  const where = input("address", address, { placeholder: "beckon.example.com", inputmode: "url", dir: "ltr", spellcheck: "false", autocapitalize: "none", autofocus: !address });
  const code = input("code", "", { placeholder: "XXXXX-XXXXX", dir: "ltr", spellcheck: "false", autocapitalize: "characters", maxlength: 20, class: "input font-mono uppercase placeholder:normal-case", autofocus: Boolean(address) });
  const problem = h("div", { class: "empty:hidden" });
  const button = h("button", { class: "btn btn-primary", type: "submit" }, ended ? "Pair again" : "Connect");
  return h("form", { class: "contents", novalidate: true, on: { submit } },
    screen([
      h("div", { class: "flex flex-col gap-4" },
        h("div", {},
          h("h1", { class: "text-lg font-medium outline-none", tabindex: "-1" }, ended ? "Pair this browser again" : "Connect to your Beckon"),
          !ended && h("p", { class: "mt-1 text-sm text-muted" }, "Look at a profile and see whether your team knows the person; if not, add them with one press.")),
        ended && banner("amber", ended),
        h("ol", { class: "panel flex flex-col gap-2 p-3 text-sm" },
          step("1", ["In Beckon, open ", h("strong", { class: "font-medium" }, "Settings → Browser extension"), "."]),
          step("2", ["Press ", h("strong", { class: "font-medium" }, "Connect a browser"), ". It shows the address and a code, good for ten minutes."]),
          step("3", "Enter both here. Your browser then asks whether the extension may talk to that address, and no other.")),
        problem,
        field("Address of your Beckon", where), field("Code", code)),
    ], [cancel && h("button", { class: "btn btn-ghost", type: "button", on: { click: cancel } }, "Cancel"), button].filter(Boolean)));

  async function submit(event) {
    event.preventDefault();
    if (button.classList.contains("is-busy")) return;
    fill(problem);
    tell(where, "");
    tell(code, "");
    if (!where.value.trim()) return point(where, "Enter the address of your Beckon.");
    if (!code.value.trim()) return point(code, "Enter the code that Beckon shows.");
    setBusy(button, true);
    try {
      await pair(where.value, code.value);
      paired();
    } catch (trouble) {
      setBusy(button, false);
      if (trouble instanceof BadAddress) point(where, trouble.message);
      else if (trouble instanceof Refused && trouble.code === "pairing_code_refused") point(code, trouble.message);
      else fill(problem, banner("red", trouble.message));
    }
  }

  function point(control, text) {
    tell(control, text);
    control.focus();
  }
}

function step(number, words) {
  return h("li", { class: "flex gap-2.5" }, h("span", { class: "letter mt-px", "aria-hidden": "true" }, number), h("span", { class: "min-w-0" }, words));
}
