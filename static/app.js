// One small file, no inline handlers. Every page reads and works without it: this adds shortcuts, the drawer's
// manners, counts, undo, live countdowns and the sign that a press was heard.
//
// What it reads in the markup:
//   data-search                  the box that / leads to
//   #jump, data-jump-to          the dialog of Ctrl K and the links in it, which ↑ and ↓ walk
//   data-bulk                    around a list: .row-check, data-check-all, data-bulk-count, ui/bulkbar.html
//   data-drawer, -body, -close   a person's drawer in #drawer; ↑ ↓ walk the rows, Esc closes
//   data-countdown="seconds"     m:ss; sends "elapsed" at zero (hx-trigger="elapsed")
//   data-filedrop                a label around input[type=file]
//   data-copy="text"             copies; data-copy-label inside says so
//   data-keeps-typed             a part of a form that is filled in anew: what somebody typed there stays
//   data-stays                   a form whose answer is a download: its button does not stay busy
//   data-open                    a dialog that is open when it arrives
//   data-needs-script            hidden without script
// Response headers: HX-Trigger {"toast": {"text", "undo"}}, HX-Retarget to swap an error in a place of its own.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.documentElement;
  const on = (name, act) => document.addEventListener(name, act);

  // ── theme ────────────────────────────────────────────────────────────────
  const stored = () => { try { return localStorage.getItem("theme") || ""; } catch { return ""; } };
  const showTheme = () => { for (const b of $$("[data-theme-set]")) b.setAttribute("aria-pressed", String(b.dataset.themeSet === stored())); };
  const setTheme = (name) => {
    try { name ? localStorage.setItem("theme", name) : localStorage.removeItem("theme"); } catch { /* private window: this page only */ }
    if (name) root.dataset.theme = name; else delete root.dataset.theme;
    showTheme();
  };

  // ── toasts and problems ──────────────────────────────────────────────────
  const toast = (text, undo) => {
    const item = $("#toast-template").content.firstElementChild.cloneNode(true);
    $("[data-toast-text]", item).textContent = text;
    if (undo) {
      const button = document.createElement("button");
      button.type = "button"; button.className = "cursor-pointer font-medium underline underline-offset-3"; button.textContent = "Undo";
      button.addEventListener("click", () => { item.remove(); htmx.ajax("POST", undo, { source: document.body, swap: "none" }); });
      item.append(button);
    }
    $("#toasts").append(item);
    fade(item);
  };
  const fade = (item) => { // 6 s, counted anew while somebody is on it (WCAG 2.2.1)
    let timer = setTimeout(() => item.remove(), 6000);
    item.addEventListener("pointerenter", () => clearTimeout(timer));
    item.addEventListener("focusin", () => clearTimeout(timer));
    for (const name of ["pointerleave", "focusout"]) item.addEventListener(name, () => { clearTimeout(timer); timer = setTimeout(() => item.remove(), 6000); });
  };
  const problem = (text) => {
    const item = $("#problem-template").content.firstElementChild.cloneNode(true);
    $("[data-problem-text]", item).textContent = text;
    $("#problems").replaceChildren(item);
  };

  // ── busy: one press, one request ─────────────────────────────────────────
  const busy = (form, button) => {
    form.dataset.busy = "";
    const pressed = button || $("button:not([type=button]), input[type=submit]", form);
    if (pressed) { pressed.setAttribute("aria-disabled", "true"); pressed.classList.add("is-busy"); }
  };
  const rest = (scope = document) => {
    for (const form of [scope, ...$$("[data-busy]", scope)]) if (form.dataset) delete form.dataset.busy;
    for (const button of $$(".is-busy", scope)) { button.classList.remove("is-busy"); button.removeAttribute("aria-disabled"); }
  };
  // A part that is about to be drawn anew takes no other press: that would be lost with it, or answered out of turn.
  const hold = (part) => { for (const b of $$("button:not([aria-disabled])", part)) { b.setAttribute("aria-disabled", "true"); b.dataset.held = ""; } };
  const release = (part) => { for (const b of $$("[data-held]", part)) { b.removeAttribute("aria-disabled"); delete b.dataset.held; } };
  document.addEventListener("submit", (e) => { // capture: before htmx sees it
    if (e.target.dataset.busy !== undefined || e.submitter?.getAttribute("aria-disabled") === "true") { e.preventDefault(); e.stopImmediatePropagation(); }
  }, true);
  on("submit", (e) => { // after htmx: what it took over is prevented by now
    if (e.defaultPrevented || e.target.method === "dialog" || e.target.hasAttribute("data-stays")) return;
    busy(e.target, e.submitter);
  });
  addEventListener("pageshow", (e) => { if (e.persisted) rest(); });
  on("click", (e) => { const b = e.target.closest("a[aria-disabled=true], button[aria-disabled=true]"); if (b) { e.preventDefault(); e.stopPropagation(); } });

  // ── ticked rows ──────────────────────────────────────────────────────────
  const count = (scope) => {
    const rows = $$(".row-check", scope), ticked = rows.filter((c) => c.checked).length, all = $("[data-check-all]", scope);
    if (all) { all.checked = ticked > 0 && ticked === rows.length; all.indeterminate = ticked > 0 && ticked < rows.length; }
    const everything = $("[data-bulk-everything]", scope), button = $("[data-bulk-all]", scope);
    if (everything && ticked < rows.length) everything.value = "";
    const everybody = button?.dataset.bulkAbout ?? Number(button?.dataset.bulkAll).toLocaleString("en");
    for (const n of $$("[data-bulk-count]", scope)) n.textContent = everything?.value ? everybody : ticked.toLocaleString("en");
    if (button) button.hidden = Boolean(everything.value) || Number(button.dataset.bulkAll) <= ticked;
  };
  const tickAll = (scope, value) => { for (const c of $$(".row-check", scope)) c.checked = value; };
  let lastTick = null;
  on("change", (e) => {
    const scope = e.target.closest("[data-bulk]");
    if (!scope) return;
    if (e.target.matches("[data-check-all]")) tickAll(scope, e.target.checked);
    if (e.target.matches("[data-check-all], .row-check")) count(scope);
  });

  // ── clicks ───────────────────────────────────────────────────────────────
  on("click", (e) => {
    const hit = (selector) => e.target.closest(selector);
    let el;
    if ((el = hit("[data-theme-set]"))) setTheme(el.dataset.themeSet);
    if (hit("[data-dismiss]")) hit("[data-problem], .banner")?.remove();
    if (hit("[data-tray-hide]")) $("#tray")?.replaceChildren();
    if ((el = hit("[data-copy]"))) copy(el);
    if ((el = hit("[data-bulk-clear]"))) { const s = el.closest("[data-bulk]"); tickAll(s, false); count(s); }
    if ((el = hit("[data-bulk-all]"))) { const s = el.closest("[data-bulk]"); tickAll(s, true); $("[data-bulk-everything]", s).value = "1"; count(s); }
    if ((el = hit(".row-check"))) { // Shift: everything in between
      const rows = $$(".row-check", el.closest("[data-bulk]") || document), to = rows.indexOf(el), from = rows.indexOf(lastTick);
      if (e.shiftKey && from >= 0) { for (const c of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) c.checked = el.checked; }
      lastTick = el;
    }
    if ((el = hit("[data-close]")) && opened) { e.preventDefault(); closeDrawer(el.href); }
    if (!("commandForElement" in HTMLButtonElement.prototype) && (el = hit("button[commandfor]"))) {
      const dialog = document.getElementById(el.getAttribute("commandfor"));
      if (el.getAttribute("command") === "show-modal") dialog?.showModal(); else dialog?.close();
    }
  });
  const copy = async (button) => {
    const label = $("[data-copy-label]", button), before = label.textContent;
    try { await navigator.clipboard.writeText(button.dataset.copy); label.textContent = "Copied"; toast("Copied"); }
    catch { problem("This browser does not let a page copy. Select the text and press Ctrl C."); return; }
    setTimeout(() => { label.textContent = before; }, 2000);
  };

  // ── drawer: own URL, Back closes, Esc and × too ──────────────────────────
  let opened = 0;
  const closeDrawer = (url) => {
    opened = 0;
    $("#drawer").replaceChildren();
    const row = $(".row-link[aria-current]");
    history.pushState({}, "", url);
    if (row) { row.removeAttribute("aria-current"); $(".row-target", row)?.focus(); }
  };

  // ── keys ─────────────────────────────────────────────────────────────────
  let leader = 0;
  const go = (path) => location.assign(path);
  const PLACES = { s: "/people/", p: "/projects/", o: "/outreach/", i: "/inbox/", r: "/reports/credits/" };
  const focusSearch = () => {
    const box = $$("[data-search]").find((el) => el.checkVisibility?.() ?? true);
    if (box) { box.focus(); box.select(); } else go("/people/");
  };
  const jump = () => {
    const dialog = $("#jump");
    if (!dialog) return focusSearch();
    if (!dialog.open) dialog.showModal();
    $("input", dialog).select();
  };
  const walkJump = (e) => { // ↑ ↓ between the box and the links, Enter in the box takes the first
    const stops = [$("#jump input"), ...$$("#jump [data-jump-to]")], at = stops.indexOf(document.activeElement);
    if (e.key === "Enter" && at === 0 && stops[1] && $("[data-jump-for]")?.dataset.jumpFor === stops[0].value.trim()) { e.preventDefault(); stops[1].click(); return true; }
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 }[e.key];
    if (next === undefined) return false;
    e.preventDefault();
    stops[(next + stops.length) % stops.length].focus();
    return true;
  };
  on("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { e.preventDefault(); return jump(); }
    if (e.target.closest("#jump") && walkJump(e)) return;
    const typing = e.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (e.ctrlKey || e.metaKey || e.altKey || (typing && e.key !== "Escape")) return;
    if ($("dialog:modal")) return;
    const drawer = $("[data-drawer]");
    if (e.key === "Escape") { if (typing) typing.blur(); else if (drawer && !$(":popover-open")) { e.preventDefault(); $("[data-close]", drawer)?.click(); } return; }
    if (drawer && (e.key === "ArrowDown" || e.key === "ArrowUp") && !e.target.closest("[data-drawer-body]")) {
      const rows = $$("tr.row-link, li.row-link"), at = rows.findIndex((r) => r.ariaCurrent === "true"), next = rows[at + (e.key === "ArrowDown" ? 1 : -1)];
      if (next) { e.preventDefault(); $(".row-target", next).click(); }
      return;
    }
    if (e.key === "/") { e.preventDefault(); return focusSearch(); }
    if (e.key === "?") { e.preventDefault(); $("#shortcuts")?.showModal(); return; }
    if (Date.now() - leader < 1200 && PLACES[e.key]) { e.preventDefault(); leader = 0; return go(PLACES[e.key]); }
    leader = e.key === "g" ? Date.now() : 0;
  });

  // ── file drop ────────────────────────────────────────────────────────────
  const fileSize = (n) => n < 1e6 ? `${Math.max(1, Math.round(n / 1e3))} kB` : `${(n / 1e6).toFixed(1)} MB`;
  on("change", (e) => {
    const zone = e.target.closest("[data-filedrop]"), file = e.target.files?.[0];
    if (zone && file) { $("[data-filedrop-name]", zone).textContent = `${file.name} · ${fileSize(file.size)}`; delete zone.dataset.invalid; }
  });
  for (const name of ["dragover", "dragleave", "drop"]) on(name, (e) => {
    const zone = e.target.closest?.("[data-filedrop]");
    if (!zone) return;
    e.preventDefault();
    zone.toggleAttribute("data-over", name === "dragover");
    if (name === "drop" && e.dataTransfer.files.length) { const input = $("input[type=file]", zone); input.files = e.dataTransfer.files; input.dispatchEvent(new Event("change", { bubbles: true })); }
  });

  // ── the tray's fold, kept for the next page ──────────────────────────────
  document.addEventListener("toggle", (e) => {
    if (e.target.matches?.("[data-tray]")) document.cookie = `tray=${e.target.open ? "open" : "folded"}; path=/; max-age=31536000; samesite=lax`;
  }, true);

  document.addEventListener("toggle", (e) => { if (e.target.id === "jump" && e.newState === "open") htmx.trigger($("input", e.target), "jump"); }, true);

  // ── what arrives: the page itself, then every part htmx swaps in ─────────
  const arrived = (part) => {
    for (const tab of $$(".tabs [aria-current=page]", part)) tab.parentElement.scrollLeft = tab.offsetLeft + tab.offsetWidth - tab.parentElement.clientWidth / 2 - tab.offsetWidth / 2;
    for (const el of $$("[data-countdown]", part)) countdown(el);
    for (const scope of [part.closest?.("[data-bulk]"), ...$$("[data-bulk]", part)]) if (scope) count(scope);
    for (const dialog of $$("dialog[data-open]", part)) if (!dialog.open) dialog.showModal();
    for (const item of $$("#toasts > [data-toast]", part)) fade(item);
    showTheme();
  };
  const countdown = (el) => { // the absolute time stands beside it and is true without script
    if (el.dataset.ticking) return;
    el.dataset.ticking = "1";
    const end = performance.now() + Number(el.dataset.countdown) * 1000;
    const show = () => {
      const left = Math.max(0, Math.round((end - performance.now()) / 1000)), hours = Math.floor(left / 3600);
      const rest = [Math.floor(left / 60) % 60, left % 60].map((n) => String(n).padStart(2, "0"));
      el.textContent = hours ? `${hours}:${rest.join(":")}` : `${Number(rest[0])}:${rest[1]}`;
      if (!el.isConnected || !left) { clearInterval(timer); if (el.isConnected) el.dispatchEvent(new CustomEvent("elapsed", { bubbles: true })); }
    };
    const timer = setInterval(show, 1000);
    show();
  };
  // A sheet that becomes a column when the window widens must not stay open above the page.
  for (const edge of ["640px", "860px"]) matchMedia(`(width >= ${edge})`).addEventListener("change", () => { for (const open of $$(":popover-open")) open.hidePopover(); });
  root.dataset.script = "";
  on("DOMContentLoaded", () => arrived(document));

  // ── htmx ─────────────────────────────────────────────────────────────────
  on("htmx:load", (e) => { if (e.detail.elt !== document.body) arrived(e.detail.elt); });
  on("htmx:beforeRequest", (e) => { // heard within 100 ms
    const row = e.target.closest(".row-link");
    if (row && e.detail.target?.id === "drawer") { for (const r of $$(".row-link[aria-current]")) r.removeAttribute("aria-current"); row.ariaCurrent = "true"; }
    const { verb, triggeringEvent } = e.detail.requestConfig;
    // A form that asks by itself while it is filled in must not swallow the press that sends it.
    if (e.target.tagName === "FORM" && verb !== "get" && triggeringEvent?.type === "submit") {
      busy(e.target, triggeringEvent.submitter);
      if (e.detail.target?.contains(e.target)) hold(e.detail.target);
    }
  });
  on("htmx:afterRequest", (e) => { if (e.target.tagName === "FORM") rest(e.target); if (e.detail.target) release(e.detail.target); });
  const changed = (f) => f.tagName === "SELECT" ? !f.selectedOptions[0]?.defaultSelected : f.value !== f.defaultValue;
  let typed = [];
  on("htmx:afterSwap", (e) => {
    for (const [name, value] of typed.splice(0)) for (const f of document.getElementsByName(name)) f.value = value;
    const here = document.activeElement; // what was suggested where somebody stands is replaced by what they type
    if (here?.matches("[data-keeps-typed] input") && e.target.contains(here) && !changed(here)) here.select();
    if (e.target.id === "drawer" && e.target.firstElementChild) { opened++; $("[data-drawer]")?.focus({ preventScroll: true }); }
    const wrong = $("[aria-invalid=true]", e.target);
    if (e.detail.xhr?.status === 422 && wrong) wrong.focus();
  });
  const polled = (e) => e.detail.elt?.id === "tray" || e.detail.requestConfig?.elt?.id === "tray";
  on("htmx:beforeSwap", (e) => {
    const { xhr } = e.detail;
    const ended = new URL(xhr.responseURL || location.href).pathname.startsWith("/accounts/login/");
    if (ended) { e.detail.shouldSwap = false; if (!polled(e)) location.reload(); return; } // a poll must not take a half-written form away
    if (xhr.status >= 400 && xhr.getResponseHeader("HX-Retarget")) { e.detail.shouldSwap = true; e.detail.isError = false; }
    const { shouldSwap, target } = e.detail;
    typed = shouldSwap && target.hasAttribute("data-keeps-typed") ? $$("input, select", target).filter(changed).map((f) => [f.name, f.value]) : [];
  });
  const said = (xhr) => { // errors/fragment.html, as foundation.problems answers htmx
    const part = document.createElement("template");
    part.innerHTML = xhr.responseText.length < 9000 ? xhr.responseText : "";
    return $("[data-problem-text]", part.content)?.textContent.trim() || "";
  };
  const tell = (e, text) => { if (!polled(e)) problem(text); }; // a poll that fails is tried again by itself
  on("htmx:responseError", (e) => tell(e, said(e.detail.xhr) || (e.detail.xhr.status >= 500 ? "That did not work: the server reported an error. Nothing else was changed; try again." : "That was not possible. Reload the page and try again.")));
  on("htmx:sendError", (e) => tell(e, "The server cannot be reached. Check your connection and try again."));
  on("htmx:timeout", (e) => tell(e, "The server took too long to answer. Reload the page to see what happened."));
  on("problem", (e) => problem(e.detail.text)); // from the other scripts: CustomEvent("problem", {detail: {text}})
  on("toast", (e) => toast(e.detail.text ?? e.detail.value, e.detail.undo)); // HX-Trigger: {"toast": {"text": …, "undo": …}}
})();
