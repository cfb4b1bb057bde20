// A project's board: a card is moved by dragging, by its menu, or by Shift and an arrow key. The card moves at once and
// goes back if the server says no. Without this file the menu's button leads to a page, and ticked cards move by the bar.
//
// What it reads in the markup: data-board="url" around it all, data-stage="id" with data-name around data-column,
// data-card="candidate id" with data-name, data-move on a card's button, data-move-to in #move-menu, data-board-said.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const board = () => $("[data-board]");
  const stageOf = (el) => el.closest("[data-stage]");
  const cards = (list) => $$(":scope > [data-card]", list);
  const headers = () => ({ ...JSON.parse(document.body.getAttribute("hx-headers")), "HX-Request": "true" });
  const shown = (stage, change) => {
    const el = $("[data-stage-count]", stage), now = Number(el.textContent.replaceAll(",", ""));
    el.textContent = Math.max(0, now + change).toLocaleString("en");
  };
  const say = (text) => { $("[data-board-said]").textContent = text; };

  // ── moving: shown at once, sent one after the other, taken back when refused ──
  let queue = Promise.resolve();
  const move = (card, list, before) => {
    const from = { list: card.parentElement, next: card.nextElementSibling }, old = stageOf(card), now = stageOf(list);
    if (before === card || (from.list === list && from.next === before)) return;
    list.insertBefore(card, before);
    if (old !== now) { shown(old, -1); shown(now, 1); }
    const place = cards(list).indexOf(card), above = cards(list)[place - 1];
    const body = new URLSearchParams({ candidate: card.dataset.card, stage: now.dataset.stage, after: above?.dataset.card ?? "" });
    say(`${card.dataset.name}: ${now.dataset.name}, place ${place + 1}`);
    queue = queue.then(() => send(body)).then((counts) => {
      for (const [id, people] of Object.entries(counts)) { const el = $(`[data-stage="${id}"] [data-stage-count]`); if (el) el.textContent = people.toLocaleString("en"); }
    }).catch((error) => {
      from.list.insertBefore(card, from.next?.parentElement === from.list ? from.next : null);
      if (old !== now) { shown(old, 1); shown(now, -1); }
      document.dispatchEvent(new CustomEvent("problem", { detail: { text: error.message } }));
    });
  };
  const send = async (body) => {
    let response;
    try { response = await fetch(board().dataset.board, { method: "POST", headers: headers(), body }); }
    catch { throw new Error("The server cannot be reached. The card went back; try again."); }
    if (response.redirected) { location.reload(); throw new Error("You were signed out."); }
    if (response.status !== 204) throw new Error(response.headers.get("X-Problem") || "That did not work. The card went back; try again.");
    return JSON.parse(response.headers.get("HX-Trigger"))["board-moved"].counts;
  };

  // ── dragging ─────────────────────────────────────────────────────────────
  let dragged = null;
  const below = (list, y) => cards(list).find((card) => card !== dragged && y < card.getBoundingClientRect().top + card.offsetHeight / 2)
    ?? $(":scope > :not([data-card])", list);
  const clear = () => { for (const el of $$("[data-over], [data-drop-before]")) { delete el.dataset.over; delete el.dataset.dropBefore; } };
  document.addEventListener("dragstart", (e) => {
    const card = e.target.closest?.("[data-card][draggable=true]");
    if (!card) return;
    dragged = card; card.dataset.dragged = "";
    e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", card.dataset.name);
  });
  document.addEventListener("dragover", (e) => {
    const list = dragged && e.target.closest?.("[data-stage]")?.querySelector("[data-column]");
    if (!list) return;
    e.preventDefault(); clear();
    const next = below(list, e.clientY);
    if (next?.dataset.card) next.dataset.dropBefore = ""; else list.dataset.over = "";
  });
  document.addEventListener("drop", (e) => {
    const list = dragged && e.target.closest?.("[data-stage]")?.querySelector("[data-column]");
    if (!list) return;
    e.preventDefault();
    move(dragged, list, below(list, e.clientY) ?? null);
  });
  document.addEventListener("dragend", () => { if (dragged) delete dragged.dataset.dragged; dragged = null; clear(); });

  // ── keys: Shift and an arrow, on a card ──────────────────────────────────
  const neighbour = (stage, step) => { const all = $$("[data-stage]", board()); return all[all.indexOf(stage) + step]; };
  const KEYS = {
    ArrowLeft: (card) => sideways(card, -1),
    ArrowRight: (card) => sideways(card, 1),
    ArrowUp: (card) => { const above = card.previousElementSibling; if (above?.dataset.card) move(card, card.parentElement, above); },
    ArrowDown: (card) => { const next = card.nextElementSibling; if (next?.dataset.card) move(card, card.parentElement, next.nextElementSibling); },
  };
  const sideways = (card, step) => { const stage = neighbour(stageOf(card), step); if (stage) toTop(card, stage); };
  const toTop = (card, stage) => { const list = $("[data-column]", stage); move(card, list, list.firstElementChild); };
  const keep = (card) => { $(".row-target", card).focus(); card.scrollIntoView({ block: "nearest", inline: "nearest" }); };
  document.addEventListener("keydown", (e) => {
    const card = e.target.closest?.("[data-card][draggable=true]");
    if (!card || !e.shiftKey || e.ctrlKey || e.metaKey || e.altKey || !KEYS[e.key]) return;
    e.preventDefault();
    KEYS[e.key](card);
    keep(card);
  });

  // ── the menu: one for all cards ──────────────────────────────────────────
  let chosen = null;
  const arm = (root) => { for (const button of $$("button[data-move]", root)) { button.type = "button"; button.setAttribute("popovertarget", "move-menu"); } };
  document.addEventListener("click", (e) => {
    const opener = e.target.closest("button[data-move]"), item = e.target.closest("[data-move-to]");
    if (opener) {
      chosen = opener.closest("[data-card]");
      for (const each of $$("[data-move-to]")) each.disabled = each.dataset.moveTo === stageOf(chosen).dataset.stage;
    }
    if (item && chosen) {
      $("#move-menu").hidePopover();
      toTop(chosen, $(`[data-stage="${item.dataset.moveTo}"]`, board()));
      keep(chosen);
    }
  });
  $("#move-menu")?.addEventListener("toggle", (e) => { if (e.newState === "open") $("[data-move-to]:not(:disabled)", e.target)?.focus(); });
  arm(document);
  document.addEventListener("htmx:load", (e) => arm(e.detail.elt));
})();
