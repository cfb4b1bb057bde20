// Colleagues while a note is written: after "@" and a letter the names that fit stand under the field. Down and Up
// choose, Enter or Tab takes, Esc closes. Without this file "@" and the whole name are typed.
//
// What it reads in the markup: textarea[data-mentions="url"]; the url answers ?q= with <li data-mention="name"> items.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const BEGUN = /(?:^|[\s(])@([^\s@]+(?: [^\s@]*)?)$/u; // a first name, perhaps a surname begun
  let field = null, asked = null, timer = 0;
  const list = () => $("#mention-list");
  const begun = (el) => el.value.slice(0, el.selectionStart).match(BEGUN)?.[1];

  const close = () => {
    clearTimeout(timer); asked?.abort(); list()?.remove();
    for (const name of ["aria-controls", "aria-activedescendant"]) field?.removeAttribute(name);
    field = null;
  };
  const choose = (option) => {
    for (const each of $$("[data-mention]", list())) each.setAttribute("aria-selected", String(each === option));
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    const el = field, at = el.selectionStart, from = at - begun(el).length;
    el.setRangeText(`${option.dataset.mention} `, from, at, "end");
    close(); el.focus();
  };
  const show = (el, html) => {
    if (begun(el) === undefined || document.activeElement !== el) return close();
    if (field !== el || !list()) {
      close(); field = el;
      el.insertAdjacentHTML("afterend", '<ul class="panel mt-1 max-h-56 overflow-y-auto p-1" id="mention-list" role="listbox" aria-label="Colleagues"></ul>');
      el.setAttribute("aria-controls", "mention-list");
    }
    list().innerHTML = html; // our own server's escaped answer
    const first = $("[data-mention]", list());
    if (first) choose(first); else close();
  };
  const ask = async (el, text) => {
    asked?.abort(); asked = new AbortController();
    try {
      const answer = await fetch(`${el.dataset.mentions}?q=${encodeURIComponent(text)}`, { signal: asked.signal, headers: { "HX-Request": "true" } });
      if (answer.ok && !answer.redirected) show(el, await answer.text());
    } catch (error) { if (error.name !== "AbortError") close(); } // offline: the name can still be typed
  };

  document.addEventListener("input", (e) => {
    const el = e.target.closest("textarea[data-mentions]");
    if (!el) return;
    const text = begun(el);
    clearTimeout(timer);
    if (text === undefined) return close();
    timer = setTimeout(() => ask(el, text), 100);
  });
  document.addEventListener("keydown", (e) => { // capture: before Esc closes a drawer or Enter ends a line
    if (!list() || e.target !== field || e.isComposing) return;
    const options = $$("[data-mention]", list()), at = options.findIndex((each) => each.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) choose(options[(at + step + options.length) % options.length]);
    else if (e.key === "Enter" || e.key === "Tab") take(options[at]);
    else if (e.key === "Escape") close();
    else return;
    e.preventDefault(); e.stopImmediatePropagation();
  }, true);
  document.addEventListener("pointerdown", (e) => { const option = e.target.closest("#mention-list [data-mention]"); if (option) { e.preventDefault(); take(option); } });
  document.addEventListener("focusout", (e) => { if (e.target === field) close(); });
})();
