// The pass of the shop, which is an access token. It is kept only in memory, so closing the page deletes it. The session
// cookie, which no script can read, renews it.

import { RequestError, send } from "./network.js";

/** The remaining time below which a pass is renewed before use: seconds, or a part of its lifetime if that is shorter. */
const renewBefore = { seconds: 30, part: 0.2 };
const otherWindows = new BroadcastChannel("hallpass");

/** Dispatches `change` when the pass, or the person who is signed in, has changed. */
export const passEvents = new EventTarget();

/** `{ token, username, scope, expiresAt, renewAt, isCookie }`, or null when nobody is signed in. Times in milliseconds. */
let current = null;
/** The error of the last renewal, unless it says that nobody is signed in. */
let lastError = null;
let renewal = null;

export const currentPass = () => current;
export const renewalError = () => lastError;

export function secondsLeft() {
  return current ? Math.max(0, Math.ceil((current.expiresAt - Date.now()) / 1000)) : 0;
}

function set(pass) {
  current = pass;
  passEvents.dispatchEvent(new Event("change"));
}

/** Requests a pass from login. Callers at the same time share one request. Each window gets its own pass. */
export function renew(note = "a pass for the session of the cookie") {
  renewal ??= requestPass(note).finally(() => { renewal = null; });
  return renewal;
}

async function requestPass(note) {
  try {
    const response = await send("login", "/session/token", { method: "POST", credentials: "include", note });
    lastError = null;
    const expiresAt = Date.now() + response.expires_in * 1000;
    set({
      token: response.access_token, isCookie: !response.access_token, username: response.username, scope: response.scope,
      expiresAt, renewAt: expiresAt - 1000 * Math.min(renewBefore.seconds, renewBefore.part * response.expires_in),
    });
    return current;
  } catch (error) {
    if (error.status === 401) {
      lastError = null;
      set(null);
      return null;
    }
    lastError = error;
    passEvents.dispatchEvent(new Event("change"));
    throw error;
  }
}

/** Returns the pass, renewed when it expires soon. While login is down, the pass is used until it expires. */
async function freshPass() {
  if (current && Date.now() < current.renewAt) return current;
  try {
    return await renew();
  } catch (error) {
    if (secondsLeft() > 0) return current;
    throw new RequestError(`Your pass has expired, and it cannot be renewed now. ${error.message}`, { service: "login" });
  }
}

/** Sends a request with the pass. When the service rejects the pass, the request is repeated once with a new one. */
export async function sendWithPass(service, path, options = {}) {
  const pass = await freshPass();
  if (!pass) throw new RequestError("Sign in to go on.", { status: 401 });
  try {
    return await send(service, path, withPass(pass, options));
  } catch (error) {
    if (error.status !== 401) throw error;
    const renewed = await renew("the pass was rejected: get a new one");
    if (!renewed) throw new RequestError("You are signed out. Sign in to go on.", { status: 401 });
    return await send(service, path, withPass(renewed, { ...options, note: "repeated with the new pass" }));
  }
}

function withPass(pass, options) {
  if (pass.isCookie) return { ...options, credentials: "include" };
  return { ...options, headers: { ...options.headers, Authorization: `Bearer ${pass.token}` } };
}

/** Sends a request with a given token. It neither renews the token nor repeats the request. */
export function sendWithToken(token, service, path, note) {
  return send(service, path, { headers: { Authorization: `Bearer ${token}` }, note });
}

/** Requests a token from login that expires after `seconds`. The pass does not change. */
export function shortToken(seconds) {
  const options = { method: "POST", credentials: "include", note: `a token that expires after ${seconds} s` };
  return send("login", `/session/token?life=${seconds}`, options);
}

export async function signOut() {
  await sendWithPass("login", "/logout", { method: "POST", note: "ends the session in all windows" });
  set(null);
  otherWindows.postMessage("signed out");
}

otherWindows.addEventListener("message", () => renew("another window has signed out: check the session").catch(() => {}));

// While this window was hidden, someone may have signed in or out in another one, or the pass may have expired.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") renew("this window is visible again").catch(() => {});
});

/** Decodes the parts of a token. It does not verify the token, because that needs the secret key. */
export function decode(token) {
  const [header, claims] = token.split(".").slice(0, 2).map(decodePart);
  return { header, claims };
}

function decodePart(part) {
  const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
