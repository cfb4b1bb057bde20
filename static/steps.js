// The steps of a campaign, ordered by dragging. Without this file the arrow buttons of each step do the same.
//
// What it reads in the markup: data-steps around the list, data-step on each draggable item, data-move on its form.
"use strict";
(() => {
  const list = document.querySelector("[data-steps]");
  if (!list) return;
  let dragged = null;
  const items = () => [...list.querySelectorAll(":scope > [data-step]")];
  const others = () => items().filter((item) => item !== dragged);
  const place = (y) => others().findIndex((item) => { const box = item.getBoundingClientRect(); return y < box.top + box.height / 2; });
  const clear = () => { for (const item of items()) { delete item.dataset.dropBefore; delete item.dataset.dropAfter; } };
  list.addEventListener("dragstart", (e) => {
    dragged = e.target.closest("[data-step][draggable=true]");
    if (!dragged) return;
    dragged.dataset.dragged = "";
    e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", dragged.id);
  });
  list.addEventListener("dragover", (e) => {
    if (!dragged) return;
    e.preventDefault(); clear();
    const at = place(e.clientY), rest = others();
    if (at >= 0) rest[at].dataset.dropBefore = ""; else if (rest.length) rest.at(-1).dataset.dropAfter = "";
  });
  list.addEventListener("drop", (e) => {
    if (!dragged) return;
    e.preventDefault();
    const at = place(e.clientY), to = at >= 0 ? at + 1 : items().length;
    if (to === items().indexOf(dragged) + 1) return;
    const form = dragged.querySelector("form[data-move]"), field = document.createElement("input");
    field.type = "hidden"; field.name = "to"; field.value = String(to);
    form.append(field);
    form.submit();
  });
  list.addEventListener("dragend", () => { if (dragged) delete dragged.dataset.dragged; dragged = null; clear(); });
})();
