/** The line at the top: which Beckon this is, what waits, and reading the page again. */

import { mustAsk } from "../beckon/queue.js";
import { fill, h, icon } from "./h.js";
import { avatar } from "./parts.js";

/** @typedef {import("../beckon/servers.js").Server} Server */

/**
 * @param {HTMLElement} bar
 * @param {object} options
 * @param {Server[]} options.servers
 * @param {Server | undefined} options.current
 * @param {import("../beckon/queue.js").Save[]} options.saves
 * @param {(id: string) => void} options.choose
 * @param {(server: Server) => void} options.disconnect
 * @param {() => void} options.connect
 * @param {() => void} options.showWaiting
 * @param {() => void} options.readAgain
 */
export function drawBar(bar, { servers, current, saves, choose, disconnect, connect, showWaiting, readAgain }) {
  if (!current) {
    fill(bar, h("img", { src: "marks/mark.svg", alt: "", width: 20, height: 20 }), h("span", { class: "ms-1.5 text-sm font-medium" }, "Beckon"));
    return;
  }
  const menu = h("div", { class: "pop", id: "servers", popover: true, role: "group", "aria-label": "Beckons" },
    servers.map((server) => h("button", { class: "pop-item", type: "button", "aria-current": server.id === current.id ? "true" : null, on: { click: () => pick(() => choose(server.id)) } },
      h("span", { class: "min-w-0 flex-1" },
        h("span", { class: "block truncate text-left", dir: "auto" }, server.organisation.name),
        h("span", { class: "block truncate text-left text-xs text-muted" }, h("bdi", {}, server.user.name), ` · ${new URL(server.origin).host}`),
        server.ended && h("span", { class: "block text-xs text-warning" }, "No longer connected")),
      server.id === current.id && icon("check"))),
    h("div", { class: "pop-sep" }),
    h("button", { class: "pop-item", type: "button", on: { click: () => pick(connect) } }, icon("plus"), "Connect another Beckon"),
    h("button", { class: "pop-item", type: "button", on: { click: () => pick(() => disconnect(current)) } }, icon("log-out"), h("span", { class: "min-w-0 truncate" }, "Disconnect ", h("bdi", {}, current.organisation.name))));
  fill(bar,
    h("button", { class: "btn btn-ghost btn-sm min-w-0 flex-1 justify-start px-1.5 text-base-content!", type: "button", popovertarget: "servers" },
      avatar(current.user, "avatar-xs"), h("bdi", { class: "truncate" }, current.organisation.name), h("span", { class: "sr" }, `${current.user.name}: switch Beckon`), icon("chevrons-up-down", "size-3.5 text-muted")),
    menu,
    saves.length > 0 && waitingButton(saves, showWaiting),
    h("button", { class: "btn btn-ghost btn-sm btn-square flex-none", type: "button", "aria-label": "Read this page again", title: "Read this page again", on: { click: readAgain } }, icon("refresh-cw")));

  function pick(act) {
    menu.hidePopover();
    act();
  }
}

/** How many wait, else how many were sent by themselves and not seen yet. @param {import("../beckon/queue.js").Save[]} saves @param {() => void} act */
function waitingButton(saves, act) {
  const unsent = saves.filter((save) => save.state !== "sent").length;
  const needsSomebody = saves.some((save) => save.state === "refused" || mustAsk(save, Date.now()) || save.answer?.refused?.length);
  const dot = needsSomebody ? "dot-amber" : unsent ? "dot-hollow" : "dot-green";
  return h("button", { class: "btn btn-sm flex-none", type: "button", on: { click: act } }, h("span", { class: `dot ${dot}` }), unsent ? `${unsent} waiting` : `${saves.length} sent`);
}
