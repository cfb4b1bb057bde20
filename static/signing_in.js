// Signing in at another system in a window of its own, which closes by itself; the page behind it goes where the answer
// leads. Where pop-ups are blocked, and without this file, the link leads there and back in the same window.
//
// What it reads in the markup: a[data-sign-in="channel"] with data-said naming an element for words; and on the page that
// is led back to, [data-signed-in="channel"] with data-to, an address of ours.
"use strict";
(() => {
  const back = document.querySelector("[data-signed-in]");
  if (back) { new BroadcastChannel(back.dataset.signedIn).postMessage(back.dataset.to); window.close(); return; }

  const link = document.querySelector("a[data-sign-in]");
  let page = null, timer = 0;
  const say = (words) => { document.getElementById(link.dataset.said).textContent = words; };
  // A window whose page keeps to itself looks closed from here; its answer comes by the channel all the same.
  const watch = () => { if (page.closed) { clearInterval(timer); say("Not connected: the window was closed."); } };
  link?.addEventListener("click", (e) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    page = window.open(`${link.href}?window=own`, link.dataset.signIn, "popup,width=640,height=760");
    if (!page) return;
    e.preventDefault(); page.focus(); clearInterval(timer);
    say("Allow access in the window that opened."); timer = setInterval(watch, 500);
  });
  if (link) new BroadcastChannel(link.dataset.signIn).addEventListener("message", ({ data }) => {
    clearInterval(timer);
    if (String(data).startsWith("/") && !String(data).startsWith("//")) location.assign(data);
  });
})();
