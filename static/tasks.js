// The Tasks page by keys: D done, S skip, N into the note and, from there with Ctrl or ⌘ and Enter, kept; ↑ and ↓ walk
// the list. Without this file the buttons and links do the same.
//
// What it reads in the markup: data-key on the buttons of the task, data-task on the links of the list, #note.
"use strict";
(() => {
  const typing = (el) => el.closest?.("input, textarea, select, [contenteditable], dialog");
  const button = (key) => document.querySelector(`button[data-key="${key}"]`);
  const walk = (step) => {
    const links = [...document.querySelectorAll("a[data-task]")], here = links.findIndex((link) => link.getAttribute("aria-current") === "true");
    links[here + step]?.click();
  };
  document.addEventListener("keydown", (e) => {
    if (e.target.id === "note" && e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); button("n")?.click(); return; }
    if (typing(e.target) || e.ctrlKey || e.metaKey || e.altKey) return;
    const key = e.key.toLowerCase();
    if (key === "arrowdown" || key === "arrowup") { e.preventDefault(); walk(key === "arrowdown" ? 1 : -1); }
    else if (key === "n" && button("n")) { e.preventDefault(); document.getElementById("note").focus(); }
    else if ((key === "d" || key === "s") && button(key)) { e.preventDefault(); button(key).click(); }
  });
})();
