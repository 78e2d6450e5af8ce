// The page: which view is shown, who is signed in, and what to say when something does not work.

import { byId, element, loginLink, say } from "./dom.js";
import { fillDrawer } from "./drawer.js";
import * as messages from "./messages.js";
import { address, readAddresses } from "./network.js";
import * as orders from "./orders.js";
import { holder, pass, renew, renewalTrouble, signOut } from "./pass.js";
import * as products from "./products.js";

const views = { products, orders, messages };
let shown = { name: "" };
let leave = () => {};

const wanted = () => (Object.hasOwn(views, location.hash.slice(1)) ? location.hash.slice(1) : "products");
const signInPath = () => `/login?next=/shop/%23${wanted()}`;

/** Shows the view that the address names. */
async function show({ focus = false } = {}) {
  const name = wanted();
  const ticket = (shown = { name });
  const view = views[name];
  leave();
  leave = () => {};
  clearTrouble();
  document.title = `${view.title} · Hallpass`;
  for (const link of document.querySelectorAll(".tabs a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const heading = element("h1", { id: "heading", tabindex: "-1" }, view.title);
  byId("view").replaceChildren(heading);
  byId("view").setAttribute("aria-busy", "true");
  if (focus) heading.focus();
  try {
    if (view.isMine && !holder() && !renewalTrouble()) return byId("view").append(invitation());
    const made = await view.show();
    if (shown !== ticket) return made.leave?.();
    leave = made.leave ?? leave;
    byId("view").append(...made.content);
  } catch (error) {
    if (shown !== ticket) return;
    if (error.status === 401 && !holder()) byId("view").append(invitation());
    else explain(error, () => show());
  } finally {
    if (shown === ticket) byId("view").setAttribute("aria-busy", "false");
  }
}

function invitation() {
  return element("p", {}, loginLink(address("login", signInPath()), "Sign in to see this", { class: "button" }));
}

/** Says what went wrong, and offers to try again. */
function explain(error, again) {
  byId("trouble").replaceChildren(
    element("p", {}, error.message), again && element("button", { class: "quiet", onclick: () => { clearTrouble(); again(); } }, "Try again"));
  byId("trouble").hidden = false;
}

function clearTrouble() {
  byId("trouble").hidden = true;
  byId("trouble").replaceChildren();
}

function showWho() {
  const held = holder();
  byId("who").replaceChildren(...(held
    ? [
      loginLink(address("login", "/account"), held.username),
      element("button", { class: "plain", id: "sign-out", onclick: leaveShop }, "Sign out"),
    ]
    : renewalTrouble()
      ? [element("button", { class: "plain", onclick: () => start() }, "Try to sign in again")]
      : [
        loginLink(address("login", signInPath()), "Sign in"),
        loginLink(address("login", "/signup?next=/shop/"), "Sign up"),
      ]));
}

async function leaveShop() {
  try {
    await signOut();
    say("You are signed out.");
  } catch (error) {
    explain(error, leaveShop);
  }
}

let signedInAs = null;

/** When somebody else is signed in than before, or nobody, the view is not theirs. */
function whoChanged() {
  showWho();
  const username = holder()?.username ?? null;
  if (username === signedInAs) return;
  if (signedInAs && !username) say("You are signed out.");
  signedInAs = username;
  show();
}

async function start() {
  try {
    await renew("who is signed in?");
  } catch (error) {
    say(error.message);
  }
  showWho();
}

byId("view").addEventListener("refusal", ({ detail }) => {
  if (detail.error.status === 401 && !holder()) explain(detail.error);
  else explain(detail.error, detail.again);
});
window.addEventListener("hashchange", () => { say(""); show({ focus: true }); });

try {
  await readAddresses();
  byId("front").href = address("login", "/");
  fillDrawer();
  await start();
  signedInAs = holder()?.username ?? null;
  pass.addEventListener("change", whoChanged);
  await show();
} catch (error) {
  explain(error, () => location.reload());
}
