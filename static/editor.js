// The rich text of a message. Without this file the plain text is written; with it the same text in bold, italic, with
// links, lists and pictures. What is posted is sanitised by the server; what is pasted is cut down here so that people
// see what will be kept.
//
// What it reads in the markup, inside [data-editor]:
//   [data-rich]            the editable text          [data-plain]     around the textarea it stands for
//   input[name=body_html]  gets the markup, disabled until this script runs
//   [data-editor-bar]      a toolbar: button[data-do], select[data-insert] (a text), select[data-insert-snippet] (the id
//                          of a <template>), input[data-picture] (posted to data-upload, answered with an <img>)
//   dialog form[data-link] asks for a link's address; it stands outside of the form
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const KEPT = { P: [], BR: [], B: [], STRONG: [], I: [], EM: [], U: [], A: ["href"], UL: [], OL: [], LI: [], BLOCKQUOTE: [] };
  const BLOCK = /^(DIV|H[1-6]|SECTION|ARTICLE|HEADER|FOOTER|TR|PRE|TABLE|ADDRESS)$/;
  const DROPPED = /^(SCRIPT|STYLE|META|LINK|TITLE|HEAD|IFRAME|OBJECT|SVG|MATH|TEMPLATE|IMG)$/;
  const problem = (text) => document.dispatchEvent(new CustomEvent("problem", { detail: { text } }));

  // ── paste: only what a mail keeps ────────────────────────────────────────
  const reduced = (node, into) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) { into.append(child.data); continue; }
      const name = child.nodeName.toUpperCase();
      if (child.nodeType !== Node.ELEMENT_NODE || DROPPED.test(name)) continue;
      const kept = KEPT[name] ? name : BLOCK.test(name) ? "P" : "";
      if (!kept) { reduced(child, into); continue; }
      const made = document.createElement(kept);
      for (const attribute of KEPT[name] || []) if (child.hasAttribute(attribute)) made.setAttribute(attribute, child.getAttribute(attribute));
      if (made.href && !/^(https?|mailto):$/.test(made.protocol)) { reduced(child, into); continue; }
      reduced(child, made);
      into.append(made);
    }
    return into;
  };
  const pasted = (e) => { // the markup to be put in, or nothing where plain words were
    const markup = e.clipboardData?.getData("text/html"), text = e.clipboardData?.getData("text/plain") ?? "";
    e.preventDefault();
    if (!markup) { document.execCommand("insertText", false, text); return ""; }
    const page = new DOMParser().parseFromString(markup, "text/html");
    return reduced(page.body, document.createElement("div")).innerHTML;
  };

  // ── one editor ───────────────────────────────────────────────────────────
  const begin = (root) => {
    if (root.dataset.begun) return;
    root.dataset.begun = "1";
    const rich = $("[data-rich]", root), plain = $("[data-plain] textarea", root), bar = $("[data-editor-bar]", root);
    const markup = $("input[name=body_html]", root), subject = $(".editor-subject", root.closest("form"));
    let range = null, field = rich; // where the next insertion goes: the text, or the subject
    markup.disabled = false;
    plain.closest("[data-plain]").hidden = true;
    rich.hidden = false;
    if (plain.getAttribute("aria-invalid")) rich.setAttribute("aria-invalid", "true");
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.execCommand("styleWithCSS", false, "false");

    const sync = () => { markup.value = rich.innerHTML; plain.value = rich.innerText; };
    const changed = () => { sync(); rich.dispatchEvent(new Event("input", { bubbles: true })); };
    const remember = () => { // also asked for at once: the event of a change comes later than the key that made it
      const selection = getSelection();
      if (!selection.rangeCount || !rich.contains(selection.anchorNode)) return false;
      range = selection.getRangeAt(0).cloneRange();
      return true;
    };
    const back = () => {
      rich.focus();
      if (!range) { range = document.createRange(); range.selectNodeContents(rich); range.collapse(false); }
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    };
    const put = (html) => { // not insertHTML, which writes styles of its own that our policy forbids
      const part = document.createElement("template");
      part.innerHTML = html;
      const all = [...part.content.children], blocks = all.filter((each) => /^(P|UL|OL|BLOCKQUOTE)$/.test(each.nodeName));
      back();
      range = getSelection().getRangeAt(0);
      range.deleteContents();
      const here = [...rich.children].find((each) => each.contains(range.startContainer));
      const inline = !blocks.length || (here && blocks.length === 1 && all.length === 1 && all[0].nodeName === "P" && here.textContent.trim());
      const nodes = [...(inline && blocks.length ? all[0] : part.content).childNodes], last = nodes.at(-1);
      if (!last) return;
      if (inline) { for (const node of nodes.reverse()) range.insertNode(node); }
      else if (here) { here.after(...nodes); if (!here.textContent.trim() && !$("img", here)) here.remove(); }
      else rich.append(...nodes);
      range = document.createRange();
      if (inline) range.setStartAfter(last); else range.selectNodeContents(last);
      range.collapse(inline);
      back();
    };
    const states = () => {
      for (const button of $$("[aria-pressed]", bar)) button.setAttribute("aria-pressed", String(document.queryCommandState(button.dataset.do)));
    };
    const insert = (text) => {
      if (field === rich) { back(); document.execCommand("insertText", false, text); return; }
      subject.focus();
      subject.setRangeText(text, subject.selectionStart, subject.selectionEnd, "end");
      subject.dispatchEvent(new Event("input", { bubbles: true }));
    };

    // A link: asked for in a dialog, put on what was selected.
    const dialog = $("dialog:has([data-link])"), address = $("[data-link] input");
    const anchor = () => range && (range.startContainer.nodeType === Node.ELEMENT_NODE ? range.startContainer : range.startContainer.parentElement)?.closest("a");
    const link = () => { remember(); dialog.returnValue = ""; address.value = anchor()?.getAttribute("href") ?? ""; dialog.showModal(); address.select(); };
    dialog.addEventListener("close", () => { // only now: behind an open dialog nothing can be edited
      if (dialog.returnValue !== "apply") return;
      let to = address.value.trim();
      if (to && !/^[a-z]+:|^\{\{/i.test(to)) to = to.includes("@") ? `mailto:${to}` : `https://${to}`;
      const present = anchor();
      if (present) { range = document.createRange(); range.selectNodeContents(present); }
      back();
      if (!to) document.execCommand("unlink");
      else if (range.collapsed) {
        const made = document.createElement("a");
        made.setAttribute("href", to); made.textContent = to.replace(/^(https?:\/\/|mailto:)/, "");
        put(made.outerHTML);
      } else document.execCommand("createLink", false, to);
      changed();
    });

    // A picture: posted at once, shown where the cursor was.
    const chooser = $("[data-picture]", root);
    chooser.addEventListener("change", async () => {
      const [file] = chooser.files;
      if (!file) return;
      const body = new FormData();
      body.append("picture", file);
      chooser.value = "";
      try {
        const answer = await fetch(root.dataset.upload, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": $("[name=csrfmiddlewaretoken]").value } });
        const part = document.createElement("template");
        part.innerHTML = await answer.text();
        if (!answer.ok || answer.redirected) { problem($("[data-problem-text]", part.content)?.textContent.trim() || "The picture could not be uploaded. Try again."); return; }
        back();
        put($("img", part.content).outerHTML);
        changed();
      } catch { problem("The server cannot be reached. Check your connection and try again."); }
    });

    bar.addEventListener("mousedown", (e) => { if (e.target.closest("button")) e.preventDefault(); }); // keep the selection
    bar.addEventListener("click", (e) => {
      const what = e.target.closest("[data-do]")?.dataset.do;
      if (!what) return;
      if (what === "link") return link();
      if (what === "picture") return chooser.click();
      remember(); back();
      document.execCommand(what);
      if (what === "removeFormat") document.execCommand("unlink");
      changed(); states();
    });
    bar.addEventListener("change", (e) => {
      const list = e.target.closest("select");
      if (!list?.value) return;
      remember();
      if (list.matches("[data-insert]")) insert(list.value);
      else { field = rich; back(); put(document.getElementById(list.value).innerHTML); }
      list.value = "";
      changed();
    });
    bar.addEventListener("keydown", (e) => { // one stop for Tab, arrows inside (WAI-ARIA toolbar)
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (!step || (e.target.tagName === "SELECT" && e.altKey)) return;
      const stops = $$("button, select", bar), next = stops[(stops.indexOf(e.target) + step + stops.length) % stops.length];
      e.preventDefault();
      for (const stop of stops) stop.tabIndex = stop === next ? 0 : -1;
      next.focus();
    });

    rich.addEventListener("input", sync);
    rich.addEventListener("keyup", states);
    rich.addEventListener("paste", (e) => { const made = pasted(e); if (made) { put(made); changed(); } });
    rich.addEventListener("focus", () => { field = rich; });
    subject?.addEventListener("focus", () => { field = subject; });
    rich.addEventListener("keydown", (e) => { // before the page takes Ctrl K to jump
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { e.preventDefault(); e.stopPropagation(); link(); }
    });
    document.addEventListener("selectionchange", () => { if (remember()) states(); });
    root.closest("form").addEventListener("submit", sync);
    sync();
  };
  const all = (part = document) => { for (const root of $$("[data-editor]", part)) begin(root); };
  document.addEventListener("DOMContentLoaded", () => all());
  document.addEventListener("htmx:load", (e) => all(e.detail.elt));
  if (document.readyState !== "loading") all();
})();
