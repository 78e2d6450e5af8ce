// All requests of the shop: the addresses of the services, the list of requests, and messages about failures.

/** A failed request. `message` is a sentence for people; `status` is 0 when there was no response. */
export class RequestError extends Error {
  constructor(message, { status = 0, problem = {}, service = "", challenge = "" } = {}) {
    super(message);
    Object.assign(this, { status, problem, service, challenge });
  }
}

const timeoutMilliseconds = 15_000;
const maximumRequests = 50;

/** The last requests, newest first: `{ id, service, method, path, status, milliseconds, note }`. */
export const requests = [];
/** Dispatches `change` when a request has ended. */
export const requestEvents = new EventTarget();
let addresses = { login: "", catalog: "", orders: "", inbox: "" };
let count = 0;

/** Reads the addresses of the services from the file beside this one. */
export async function readAddresses() {
  const response = await fetch(new URL("config.json", import.meta.url), { credentials: "omit" });
  if (!response.ok) throw new RequestError("The shop cannot read the addresses of its services: config.json is missing.");
  addresses = await response.json();
}

/** Returns the address of a path at a service. */
export function address(service, path = "") {
  return new URL((addresses[service] || "") + path, location.origin).href;
}

/**
 * Sends a request and returns the JSON of the response, or nothing when the response has no body.
 * `options`: method, body (an object), headers, credentials, note (for the list of requests).
 */
export async function send(service, path, { method = "GET", body, headers = {}, credentials = "omit", note } = {}) {
  const request = { id: ++count, service, method, path, status: "…", milliseconds: 0, note };
  requests.unshift(request);
  requests.length = Math.min(requests.length, maximumRequests);
  const start = performance.now();
  try {
    const response = await fetch(address(service, path), {
      method, credentials, redirect: "error", referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(timeoutMilliseconds),
      headers: body ? { ...headers, "Content-Type": "application/json" } : headers,
      body: body && JSON.stringify(body),
    });
    request.status = response.status;
    return await contentOf(response, service);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    request.status = "no response";
    throw new RequestError(`${outages[service]} Try again in a moment.`, { service });
  } finally {
    request.milliseconds = Math.round(performance.now() - start);
    requestEvents.dispatchEvent(new Event("change"));
  }
}

async function contentOf(response, service) {
  const text = await response.text();
  let content;
  try {
    content = text ? JSON.parse(text) : undefined;
  } catch {
    content = undefined;
  }
  if (response.ok) return content;
  const problem = content ?? {};
  const challenge = response.headers.get("WWW-Authenticate");
  throw new RequestError(messageFor(response, problem, service), { status: response.status, problem, service, challenge });
}

const outages = {
  login: "The login service does not respond, so nobody can sign in or renew a pass.",
  catalog: "The catalog does not respond, so the shop cannot show products.",
  orders: "The orders service does not respond, so the shop cannot show or place orders.",
  inbox: "The inbox does not respond, so the shop cannot show messages.",
};

/** Says in plain words why a request failed. */
function messageFor(response, problem, service) {
  if (problem.code === "out_of_stock") return "Another customer was faster: not enough items are left.";
  const seconds = response.headers.get("Retry-After");
  const retry = seconds ? ` Try again in ${seconds} s.` : "";
  if (response.status === 429) return `There were too many requests.${retry}`;
  if (response.status >= 500) return `${outages[service].split(",")[0].replace("does not respond", "has a problem")}.${retry}`;
  return problem.detail ?? `${service} responded with ${response.status}.`;
}
