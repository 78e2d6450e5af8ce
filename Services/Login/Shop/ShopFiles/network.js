// All requests go through here: where the services are, what was asked and answered, and what a failure means.

/** A request that did not do what it was for. `message` is a sentence for people. */
export class Refusal extends Error {
  constructor(message, { status = 0, problem = {}, service = "", challenge = "" } = {}) {
    super(message);
    Object.assign(this, { status, problem, service, challenge });
  }
}

const timeLimitMilliseconds = 15_000;
const mostLines = 50;

/** The last requests, newest first: `{ id, service, method, path, status, milliseconds, note }`. */
export const lines = [];
export const network = new EventTarget();
let addresses = { login: "", catalog: "", orders: "", inbox: "" };
let count = 0;

/** Reads where the services are, from the file beside this one. */
export async function readAddresses() {
  const answer = await fetch(new URL("config.json", import.meta.url), { credentials: "omit" });
  if (!answer.ok) throw new Refusal("The shop does not know where its services are: config.json is missing.");
  addresses = await answer.json();
}

/** The address of a path at a service. */
export function address(service, path = "") {
  return new URL((addresses[service] || "") + path, location.origin).href;
}

/**
 * Sends a request and gives the JSON that comes back, or nothing.
 * `options`: method, body (an object), headers, credentials.
 */
export async function send(service, path, { method = "GET", body, headers = {}, credentials = "omit", note } = {}) {
  const line = { id: ++count, service, method, path, status: "…", milliseconds: 0, note };
  lines.unshift(line);
  lines.length = Math.min(lines.length, mostLines);
  const start = performance.now();
  try {
    const answer = await fetch(address(service, path), {
      method, credentials, redirect: "error", referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(timeLimitMilliseconds),
      headers: body ? { ...headers, "Content-Type": "application/json" } : headers,
      body: body && JSON.stringify(body),
    });
    line.status = answer.status;
    return await result(answer, service);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    line.status = "no answer";
    throw new Refusal(unreachable(service), { service });
  } finally {
    line.milliseconds = Math.round(performance.now() - start);
    network.dispatchEvent(new Event("change"));
  }
}

async function result(answer, service) {
  const text = await answer.text();
  let content;
  try {
    content = text ? JSON.parse(text) : undefined;
  } catch {
    content = undefined;
  }
  if (answer.ok) return content;
  const problem = content ?? {};
  const challenge = answer.headers.get("WWW-Authenticate");
  throw new Refusal(sentence(answer, problem, service), { status: answer.status, problem, service, challenge });
}

const tasks = {
  login: "The login service does not answer, so nobody can sign in or have a token renewed.",
  catalog: "The catalog does not answer, so there are no products to see.",
  orders: "The orders service does not answer, so orders cannot be seen or placed.",
  inbox: "The inbox does not answer, so there are no messages to see.",
};

function unreachable(service) {
  return `${tasks[service]} Try again in a moment.`;
}

/** What a refusal means, in words for who is in the shop. */
function sentence(answer, problem, service) {
  if (problem.code === "out_of_stock") return "Somebody was faster: there is not enough left.";
  const retry = answer.headers.get("Retry-After");
  const when = retry ? ` Try again in ${retry} s.` : "";
  if (answer.status === 429) return `That was too much at once.${when}`;
  if (answer.status >= 500) return `${tasks[service].split(",")[0].replace("does not answer", "has a problem")}.${when}`;
  return problem.detail ?? `${service} answered ${answer.status}.`;
}
