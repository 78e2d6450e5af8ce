// The page of the shop: the view that is shown, the person who is signed in, and messages about failures.

import { announce, byId, element, loginLink } from "./dom.js";
import { fillDrawer } from "./drawer.js";
import * as messages from "./messages.js";
import { address, readAddresses } from "./network.js";
import * as orders from "./orders.js";
import { currentPass, passEvents, renew, renewalError, signOut } from "./pass.js";
import * as products from "./products.js";

const views = { products, orders, messages };
/** The view that is shown. Each call of `show` makes a new object, so an earlier call that is still waiting can give up. */
let shown = { name: "" };
let leave = () => {};

const requestedView = () => (Object.hasOwn(views, location.hash.slice(1)) ? location.hash.slice(1) : "products");
const signInPath = () => `/login?next=/shop/%23${requestedView()}`;

/** Shows the view that the address names. */
async function show({ focus = false } = {}) {
  const name = requestedView();
  const mine = (shown = { name });
  const view = views[name];
  leave();
  leave = () => {};
  clearFailure();
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
    if (view.requiresSignIn && !currentPass() && !renewalError()) return byId("view").append(signInLink());
    const loaded = await view.show();
    if (shown !== mine) return loaded.leave?.();
    leave = loaded.leave ?? leave;
    byId("view").append(...loaded.content);
  } catch (error) {
    if (shown !== mine) return;
    if (error.status === 401 && !currentPass()) byId("view").append(signInLink());
    else showFailure(error, () => show());
  } finally {
    if (shown === mine) byId("view").setAttribute("aria-busy", "false");
  }
}

function signInLink() {
  return element("p", {}, loginLink(address("login", signInPath()), "Sign in to see this", { class: "button" }));
}

/** Shows why a request failed, with a button that repeats it when there is a `retry`. */
function showFailure(error, retry) {
  byId("failure").replaceChildren(
    element("p", {}, error.message), retry && element("button", { class: "quiet", onclick: () => { clearFailure(); retry(); } }, "Try again"));
  byId("failure").hidden = false;
}

function clearFailure() {
  byId("failure").hidden = true;
  byId("failure").replaceChildren();
}

function showAccount() {
  const pass = currentPass();
  byId("account").replaceChildren(...(pass
    ? [
      loginLink(address("login", "/account"), pass.username),
      element("button", { class: "plain", id: "sign-out", onclick: leaveShop }, "Sign out"),
    ]
    : renewalError()
      ? [element("button", { class: "plain", onclick: () => start() }, "Try to sign in again")]
      : [
        loginLink(address("login", signInPath()), "Sign in"),
        loginLink(address("login", "/signup?next=/shop/"), "Sign up"),
      ]));
}

async function leaveShop() {
  try {
    await signOut();
    announce("You are signed out.");
  } catch (error) {
    showFailure(error, leaveShop);
  }
}

let signedInAs = null;

/** Shows the view again when another person has signed in, or when the person has signed out. */
function passChanged() {
  showAccount();
  const username = currentPass()?.username ?? null;
  if (username === signedInAs) return;
  if (signedInAs && !username) announce("You are signed out.");
  signedInAs = username;
  show();
}

async function start() {
  try {
    await renew("is someone signed in?");
  } catch (error) {
    announce(error.message);
  }
  showAccount();
}

byId("view").addEventListener("requestfailed", ({ detail }) => {
  if (detail.error.status === 401 && !currentPass()) showFailure(detail.error);
  else showFailure(detail.error, detail.retry);
});
window.addEventListener("hashchange", () => { announce(""); show({ focus: true }); });

try {
  await readAddresses();
  byId("home").href = address("login", "/");
  fillDrawer();
  await start();
  signedInAs = currentPass()?.username ?? null;
  passEvents.addEventListener("change", passChanged);
  await show();
} catch (error) {
  showFailure(error, () => location.reload());
}
