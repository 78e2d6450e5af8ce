// The drawer: the decoded pass, requests with an invalid pass, and the list of requests.

import { byId, element } from "./dom.js";
import { requestEvents, requests } from "./network.js";
import { currentPass, decode, passEvents, renew, secondsLeft, sendWithToken, shortToken } from "./pass.js";

const shortLifetimeSeconds = 3;

const headerMeanings = { alg: "the algorithm of the signature", kid: "the id of the key", typ: "the kind of token" };
const claimMeanings = {
  iss: "who issued it", sub: "the id of the account", aud: "the services that accept it", exp: "when it expires",
  iat: "when it was issued", jti: "the id of the token", sid: "the id of the session", username: "the user name",
  scope: "what it allows",
};

const section = (heading, ...content) => element("section", {}, element("h2", {}, heading), ...content);
const passContent = element("div");
const result = element("div", { class: "result", id: "result", role: "status" });
const requestRows = element("tbody");

export function fillDrawer() {
  byId("inside").append(
    section("Your pass", passContent),
    section("Try an invalid pass",
      element("p", { class: "hint" }, "Each button sends a request that the orders service must reject. Your own pass does not change."),
      element("div", { class: "actions", id: "attempts" }, Object.keys(attempts).map(attemptButton)), result),
    section("Requests",
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Requests" },
        element("table", {},
          element("thead", {}, element("tr", {},
            ["Service", "Request", "Status", "Time"].map((name) => element("th", { scope: "col" }, name)))),
          requestRows))));
  passEvents.addEventListener("change", showPass);
  requestEvents.addEventListener("change", showRequests);
  setInterval(showCountdown, 1000);
  showPass();
  showRequests();
}

function showCountdown() {
  const seconds = secondsLeft();
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
  const text = !currentPass() ? "no pass" : seconds === 0 ? "expired; renewed when needed" : clock;
  byId("countdown").textContent = text;
  const meter = byId("lifetime");
  if (meter) meter.value = seconds;
}

function showPass() {
  passContent.replaceChildren(...contentOf(currentPass()));
  for (const button of byId("attempts").children) button.disabled = !currentPass()?.token;
  showCountdown();
}

function contentOf(pass) {
  if (!pass) return [element("p", {}, "No pass: nobody is signed in.")];
  const renewButton = element("button", { class: "quiet", onclick: () => renew("the button “Renew now”").catch(() => {}) }, "Renew now");
  if (pass.isCookie) {
    return [
      element("p", {}, "The pass is in a cookie that no script can read, not even the script of this page. The browser adds the cookie to every request. Therefore the services check which page sent a request before they change anything."),
      renewButton,
    ];
  }
  const { header, claims } = decode(pass.token);
  const [first, second, third] = pass.token.split(".");
  return [
    element("p", { class: "token" }, element("span", {}, first), ".", element("span", {}, second), ".", element("span", {}, third)),
    element("label", { for: "lifetime" }, "Time left"),
    element("meter", { id: "lifetime", min: 0, max: claims.exp - claims.iat, value: secondsLeft() }),
    element("div", { class: "halves" },
      element("div", {}, element("h3", {}, "Header"), table(header, headerMeanings)),
      element("div", {}, element("h3", {}, "Claims"), table(claims, claimMeanings))),
    element("p", { class: "hint" }, "Anyone can read a pass, but only a holder of the key can create one. The third part is the signature of the first two parts."),
    renewButton,
  ];
}

function table(members, meanings) {
  return element("dl", { class: "claims" }, Object.entries(members).map(([name, value]) =>
    element("div", {}, element("dt", {}, name, meanings[name] && element("small", {}, meanings[name])),
      element("dd", {}, isTime(name) ? `${value} (${new Date(value * 1000).toLocaleTimeString("en-GB")})` : Array.isArray(value) ? value.join(", ") : String(value)))));
}

const isTime = (name) => name === "exp" || name === "iat";

function showRequests() {
  requestRows.replaceChildren(...requests.map((request) => element("tr", { class: isSuccess(request) ? "" : "failed" },
    element("td", {}, request.service),
    element("td", {}, `${request.method} ${request.path}`, request.note && element("small", {}, request.note)),
    element("td", {}, String(request.status)), element("td", {}, `${request.milliseconds} ms`))));
}

const isSuccess = (request) => request.status >= 200 && request.status < 300;

// Requests with an invalid pass

const encode = (object) => btoa(JSON.stringify(object)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const attempts = {
  "Change one letter of the signature": async (token) => {
    const at = token.length - 10;
    await expectRefusal(token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1), "one letter changed",
      "Orders computed the signature with its own key and got a different one. It did not look at the claims.");
  },
  "Change the user name": async (token) => {
    const [header, , signature] = token.split(".");
    const { claims } = decode(token);
    await expectRefusal([header, encode({ ...claims, username: "staff", scope: "orders:read:all" }), signature].join("."), "claims changed",
      "The claims now say “staff”, but the signature still belongs to the old claims. Only a holder of the key can create a new one.");
  },
  "Remove the signature": async (token) => {
    const [, claims] = token.split(".");
    await expectRefusal(`${encode({ alg: "none", typ: "JWT" })}.${claims}.`, "alg: none",
      "A token does not choose its algorithm. Orders has one key for one algorithm, and rejects all others.");
  },
  [`Let a pass expire (${shortLifetimeSeconds} s)`]: async () => {
    showResult(`Getting a pass that expires after ${shortLifetimeSeconds} seconds …`);
    const { access_token: token } = await shortToken(shortLifetimeSeconds);
    await new Promise((done) => setTimeout(done, (shortLifetimeSeconds + 1) * 1000));
    await expectRefusal(token, "expired", "The pass was valid until a moment ago. Expiry is the only reason that a service tells. The shop then gets a new pass from login, and you notice nothing.");
  },
};

function attemptButton(name) {
  const run = async (event) => {
    event.target.disabled = true;
    try {
      await attempts[name](currentPass().token);
    } catch (error) {
      showResult(error.message);
    } finally {
      event.target.disabled = false;
    }
  };
  return element("button", { class: "quiet", onclick: run }, name);
}

const showResult = (...content) => result.replaceChildren(...content.map((part) => element("p", {}, part)));

async function expectRefusal(token, note, explanation) {
  try {
    await sendWithToken(token, "orders", "/orders", note);
    showResult("The service accepted the request. This is a bug.");
  } catch (error) {
    if (!error.status) throw error;
    showResult(element("strong", {}, `${error.status}: ${error.message}`), error.challenge ? element("code", {}, error.challenge) : "", explanation);
  }
}
