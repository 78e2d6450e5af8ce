// Small helpers to make elements. Text is always set as text, so nothing that a service says can become markup.

/** An element with properties, attributes (`aria-…`, `data-…`, `for`) and listeners (`onclick`), and what is in it. */
export function element(name, properties = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...content.flat().filter((part) => part !== undefined && part !== null && part !== false));
  return made;
}

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

export function money(cents, currency) {
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(cents / 100);
}

export function moment(text) {
  const shown = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
  return element("time", { datetime: text }, shown);
}

/** Says what was done, also to screen readers. */
export function say(sentence) {
  const status = byId("status");
  status.textContent = sentence;
  status.hidden = !sentence;
}

/** A link to login. From another origin it opens a window of its own, as login does not lead back to strangers. */
export function loginLink(href, text, properties = {}) {
  const isElsewhere = new URL(href).origin !== location.origin;
  return element("a", { href, ...properties, ...(isElsewhere ? { target: "_blank", rel: "noopener" } : {}) },
    text, isElsewhere && element("span", { class: "unseen" }, " (in another window)"));
}
