// The access token: kept in memory alone, so that it is gone with the page, and renewed through the session in the
// cookie, which no script can read.

import { Refusal, send } from "./network.js";

/** A pass that has less than this left is renewed before it is used: seconds, or a part of its life if that is shorter. */
const renewBefore = { seconds: 30, part: 0.2 };
const others = new BroadcastChannel("hallpass");

/** Tells by `change` when the token, or who is signed in, has changed. */
export const pass = new EventTarget();

/** `{ token, username, scope, expiresAt, renewAt, isCookie }`, or null when nobody is signed in. Times in milliseconds. */
let current = null;
/** Why there is no token, when that is not because nobody is signed in. */
let trouble = null;
let renewal = null;

export const holder = () => current;
export const renewalTrouble = () => trouble;

export function secondsLeft() {
  return current ? Math.max(0, Math.ceil((current.expiresAt - Date.now()) / 1000)) : 0;
}

function set(value) {
  current = value;
  pass.dispatchEvent(new Event("change"));
}

/** Asks login for a token. Many who ask at once get one answer; two windows get a token each, as nothing rotates. */
export function renew(note = "a token for the session of the cookie") {
  renewal ??= ask(note).finally(() => { renewal = null; });
  return renewal;
}

async function ask(note) {
  try {
    const answer = await send("login", "/session/token", { method: "POST", credentials: "include", note });
    trouble = null;
    const expiresAt = Date.now() + answer.expires_in * 1000;
    set({
      token: answer.access_token, isCookie: !answer.access_token, username: answer.username, scope: answer.scope,
      expiresAt, renewAt: expiresAt - 1000 * Math.min(renewBefore.seconds, renewBefore.part * answer.expires_in),
    });
    return current;
  } catch (error) {
    if (error.status === 401) {
      trouble = null;
      set(null);
      return null;
    }
    trouble = error;
    pass.dispatchEvent(new Event("change"));
    throw error;
  }
}

/** The pass, renewed when it ends soon. Login may be away as long as the pass is good. */
async function valid() {
  if (current && Date.now() < current.renewAt) return current;
  try {
    return await renew();
  } catch (error) {
    if (secondsLeft() > 0) return current;
    throw new Refusal(`Your pass has ended, and it cannot be renewed now. ${error.message}`, { service: "login" });
  }
}

/** Sends a request with the pass. When the pass is refused, it is renewed, and the request repeated once. */
export async function sendWithPass(service, path, options = {}) {
  const used = await valid();
  if (!used) throw new Refusal("Sign in to go on.", { status: 401 });
  try {
    return await send(service, path, carrying(used, options));
  } catch (error) {
    if (error.status !== 401) throw error;
    const renewed = await renew("the pass was refused: another one");
    if (!renewed) throw new Refusal("You are signed out. Sign in to go on.", { status: 401 });
    return await send(service, path, carrying(renewed, { ...options, note: "once more, with the new pass" }));
  }
}

function carrying(used, options) {
  if (used.isCookie) return { ...options, credentials: "include" };
  return { ...options, headers: { ...options.headers, Authorization: `Bearer ${used.token}` } };
}

/** Sends a request with a token that is not good, and nothing to mend it. */
export function sendWith(token, service, path, note) {
  return send(service, path, { headers: { Authorization: `Bearer ${token}` }, note });
}

/** Asks login for a token that lives for so many seconds only, and leaves the pass as it is. */
export function shortToken(seconds) {
  const options = { method: "POST", credentials: "include", note: `a token that lives for ${seconds} s` };
  return send("login", `/session/token?life=${seconds}`, options);
}

export async function signOut() {
  await sendWithPass("login", "/logout", { method: "POST", note: "ends the session, here and everywhere" });
  set(null);
  others.postMessage("signed out");
}

others.addEventListener("message", () => renew("another window has signed out: am I still in?").catch(() => {}));

// Whoever comes back to this window may have signed in or out elsewhere, or slept through the life of the token.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") renew("back in this window").catch(() => {});
});

/** The parts of a token as objects; nothing is verified, as that takes the secret. */
export function parts(token) {
  const [header, claims] = token.split(".").map((part, index) => (index < 2 ? decode(part) : part));
  return { header, claims };
}

function decode(part) {
  const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
