// Helpers that create elements. Text is always inserted as text, so responses of services cannot become markup.

/**
 * Creates an element.
 * `properties`: attributes (`aria-…`, `data-…`, `for`), `class`, and listeners (`onclick`). `content`: elements and texts.
 */
export function element(name, properties = {}, ...content) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) created.addEventListener(key.slice(2), value);
    else if (key === "class") created.className = value;
    else created.setAttribute(key, value === true ? "" : value);
  }
  created.append(...content.flat().filter((part) => part !== undefined && part !== null && part !== false));
  return created;
}

/** Returns the element with an id. */
export const byId = (id) => document.getElementById(id);

export function money(cents, currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(cents / 100);
}

/** Creates a `time` element for an RFC 3339 text. */
export function time(text) {
  const shown = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
  return element("time", { datetime: text }, shown);
}

/** Shows a sentence about what was done. Screen readers read it aloud. */
export function announce(sentence) {
  const status = byId("status");
  status.textContent = sentence;
  status.hidden = !sentence;
}

/**
 * Creates a link to a page of login.
 * In a shop on another origin it opens a new window, because login does not redirect to other origins.
 */
export function loginLink(href, text, properties = {}) {
  const isOtherOrigin = new URL(href).origin !== location.origin;
  return element("a", { href, ...properties, ...(isOtherOrigin ? { target: "_blank", rel: "noopener" } : {}) },
    text, isOtherOrigin && element("span", { class: "unseen" }, " (in another window)"));
}
