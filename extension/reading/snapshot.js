// What the page in front shows, taken once when the panel asks for it.

/**
 * The page as it stands: `{url, title, selection, html, truncated}`; the html has at most some 3,000,000 characters.
 *
 * `chrome.scripting.executeScript` sends the text of this function alone, so it uses nothing from outside itself. It asks no network
 * and changes nothing. The html holds text, the elements and attributes that mean something, metadata and JSON-LD (first, so that a long
 * page cannot push them out); no scripts, styles, images' data, frames, nor what somebody typed into a form. What is not displayed
 * is there with `hidden`. `truncated` says that size or time ran out.
 */
export function collect() {
  const MOST = 3_000_000, MOST_DATA = 1_000_000, MOST_TEXT = 5_000; // characters: in all, of JSON-LD, of an attribute
  const MOST_TIME = 1_500; // milliseconds
  const words = (text) => new Set(text.split(" "));
  const AS_IS = words("a abbr address article aside b blockquote br data dd div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img"
    + " li link main meta nav ol p section small span strong sub sup time ul");
  const AS_DIV = words("caption center details dialog fieldset form hgroup menu pre search summary table tbody td tfoot th thead tr");
  const VOID = words("br hr img link meta");
  const LEFT_OUT = words("applet audio base canvas datalist embed frame frameset head iframe input math noembed noframes noscript object option"
    + " script select style svg template textarea title video");
  const ATTRIBUTES = words("alt aria-hidden class content data-section datetime dir href id itemid itemprop itemref itemscope itemtype lang"
    + " property rel role title value");
  const ELEMENT = 1, TEXT = 3;

  // Read through the prototypes: beside <form name="title"> or <input name="firstChild"> document.title and form.firstChild are those elements.
  const getter = (type, name) => { const { get } = Object.getOwnPropertyDescriptor(type.prototype, name); return (node) => get.call(node); };
  const kind = getter(Node, "nodeType"), first = getter(Node, "firstChild"), following = getter(Node, "nextSibling"), content = getter(Node, "textContent");
  const localName = getter(Element, "localName"), shadow = getter(Element, "shadowRoot"), data = getter(CharacterData, "data");
  const base = getter(Node, "baseURI")(document), title = getter(Document, "title")(document);
  const root = getter(Document, "documentElement")(document), body = getter(Document, "body")(document);
  const all = (selector) => Document.prototype.querySelectorAll.call(document, selector);
  const names = (el) => Element.prototype.getAttributeNames.call(el);
  const attribute = (el, name) => Element.prototype.getAttribute.call(el, name);
  const displayed = (el) => Element.prototype.checkVisibility.call(el, { visibilityProperty: true });

  if (body) displayed(body); // styles a page that nobody has seen yet: the browser's own work, which is not counted
  const ends = performance.now() + MOST_TIME, parts = [];
  let size = 0, nodes = 0, truncated = false;
  const write = (text) => { parts.push(text); size += text.length; };
  const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]);
  const absolute = (href) => { try { const url = new URL(href, base); return /^(?:https?|mailto|tel):$/.test(url.protocol) ? url.href : ""; } catch { return ""; } };
  const spent = () => size > MOST || ((nodes & 255) === 0 && performance.now() > ends);

  const writeStart = (el, tag, hides) => {
    write(`<${tag}`);
    for (const name of names(el)) {
      if (!ATTRIBUTES.has(name) && !(name === "name" && tag === "meta")) continue;
      const value = name === "href" ? absolute(attribute(el, name)) : attribute(el, name);
      if (value.length <= MOST_TEXT) write(` ${name}="${escaped(value)}"`);
    }
    write(hides ? " hidden>" : ">");
  };

  const writeHead = () => {
    write(`<title>${escaped(title.slice(0, 1_000))}</title>`);
    for (const el of [...all("head > meta, head > link[rel]")].slice(0, 300)) if (size < MOST_DATA) writeStart(el, localName(el), false);
    let left = MOST_DATA;
    for (const script of all('script[type="application/ld+json" i]')) {
      const json = content(script).replaceAll("<", "\\u003c"); // the same JSON, and no end of a script
      if (json.length > left) { truncated = true; continue; }
      left -= json.length;
      write(`<script type="application/ld+json">${json}</script>`);
    }
  };

  // Step by step, not by recursion: a page may nest 20,000 elements.
  const writeBody = () => {
    const open = [];
    let node = body && first(body), hidden = 0;
    while (node || open.length) {
      if (!node) {
        const level = open.pop();
        write(level.end);
        hidden -= level.hides;
        node = level.next;
        continue;
      }
      nodes += 1;
      if (spent()) { truncated = true; break; }
      const type = kind(node);
      if (type === TEXT) write(escaped(data(node).slice(0, MOST).replace(/[ \t]{2,}/g, " ")).slice(0, MOST - size + 1));
      if (type === ELEMENT && !LEFT_OUT.has(localName(node))) {
        const name = localName(node), tag = AS_IS.has(name) ? name : AS_DIV.has(name) ? "div" : "span";
        const hides = !hidden && !VOID.has(tag) && !displayed(node);
        writeStart(node, tag, hides);
        if (!VOID.has(tag)) {
          open.push({ end: `</${tag}>`, next: following(node), hides: Number(hides) });
          hidden += Number(hides);
          const inner = shadow(node);
          if (inner) open.push({ end: "", next: first(node), hides: 0 });
          node = first(inner ?? node);
          continue;
        }
      }
      node = following(node);
    }
    while (open.length) write(open.pop().end);
  };

  write("<!doctype html>");
  if (root) writeStart(root, "html", false);
  write("<head>");
  writeHead();
  write("</head>");
  if (body && localName(body) === "body") {
    writeStart(body, "body", false);
    writeBody();
  }
  write("</body></html>");
  const selection = String(getSelection() ?? "").slice(0, 1_000);
  return { url: location.href, title: title.slice(0, 1_000), selection, html: parts.join(""), truncated };
}
