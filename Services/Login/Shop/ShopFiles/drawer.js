// The drawer "what happens": the pass taken apart, what becomes of one that is not good, and the requests.

import { byId, element } from "./dom.js";
import { lines, network } from "./network.js";
import { holder, parts, pass, renew, secondsLeft, sendWith, shortToken } from "./pass.js";

const shortLifeSeconds = 3;

const meanings = {
  iss: "who issued it", sub: "whose it is", aud: "the services that it opens", exp: "when it ends", iat: "when it was issued",
  jti: "its own number", sid: "the session that it belongs to", username: "the name", scope: "what it allows",
};

const section = (heading, ...content) => element("section", {}, element("h2", {}, heading), ...content);
const passPlace = element("div");
const verdict = element("div", { class: "verdict", id: "verdict", role: "status" });
const requestPlace = element("tbody");

export function fillDrawer() {
  byId("inside").append(
    section("Your pass", passPlace),
    section("What becomes of a pass that is not good",
      element("p", { class: "hint" }, "Each button sends a request to orders that must be refused. Your pass stays as it is."),
      element("div", { class: "actions", id: "drills" }, Object.keys(drills).map(drillButton)), verdict),
    section("Requests",
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Requests" },
        element("table", {},
          element("thead", {}, element("tr", {},
            ["Service", "Request", "Status", "Time"].map((name) => element("th", { scope: "col" }, name)))),
          requestPlace))));
  pass.addEventListener("change", showPass);
  network.addEventListener("change", showRequests);
  setInterval(showCountdown, 1000);
  showPass();
  showRequests();
}

function showCountdown() {
  const seconds = secondsLeft();
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
  const text = !holder() ? "no pass" : seconds === 0 ? "ended; renewed when needed" : clock;
  byId("countdown").textContent = text;
  const meter = byId("life");
  if (meter) meter.value = seconds;
}

function showPass() {
  passPlace.replaceChildren(...passContent());
  for (const button of byId("drills").children) button.disabled = !holder()?.token;
  showCountdown();
}

function passContent() {
  const held = holder();
  if (!held) return [element("p", {}, "There is none: nobody is signed in in this window.")];
  const again = element("button", { class: "quiet", onclick: () => renew("asked for by hand").catch(() => {}) }, "Renew now");
  if (held.isCookie) {
    return [
      element("p", {}, "It is in a cookie that no script can read, this one neither. The browser sends it along; so the services look at where a request comes from before they do what it asks."),
      again,
    ];
  }
  const { header, claims } = parts(held.token);
  const [first, second, third] = held.token.split(".");
  return [
    element("p", { class: "token" }, element("span", {}, first), ".", element("span", {}, second), ".", element("span", {}, third)),
    element("label", { for: "life" }, "Life"),
    element("meter", { id: "life", min: 0, max: claims.exp - claims.iat, value: secondsLeft() }),
    element("div", { class: "halves" },
      element("div", {}, element("h3", {}, "Header"), table(header, { alg: "how it is signed", kid: "with which key", typ: "what kind it is" })),
      element("div", {}, element("h3", {}, "Claims"), table(claims, meanings))),
    element("p", { class: "hint" }, "Anyone can read this; only who has the key can write it. The third part is the signature over the first two."),
    again,
  ];
}

function table(object, words) {
  return element("dl", { class: "claims" }, Object.entries(object).map(([name, value]) =>
    element("div", {}, element("dt", {}, name, words[name] && element("small", {}, words[name])),
      element("dd", {}, isTime(name) ? `${value} (${new Date(value * 1000).toLocaleTimeString("en-GB")})` : Array.isArray(value) ? value.join(", ") : String(value)))));
}

const isTime = (name) => name === "exp" || name === "iat";

function showRequests() {
  requestPlace.replaceChildren(...lines.map((line) => element("tr", { class: isGood(line) ? "" : "bad" },
    element("td", {}, line.service),
    element("td", {}, `${line.method} ${line.path}`, line.note && element("small", {}, line.note)),
    element("td", {}, String(line.status)), element("td", {}, `${line.milliseconds} ms`))));
}

const isGood = (line) => line.status >= 200 && line.status < 300;

// The drills

const encode = (object) => btoa(JSON.stringify(object)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const drills = {
  "Change one letter of the signature": async (token) => {
    const at = token.length - 10;
    await refused(token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1), "one letter changed",
      "Orders computed the signature anew, with its own key, and it is another one. It did not even look at the claims.");
  },
  "Write another name into it": async (token) => {
    const [header, , signature] = token.split(".");
    const { claims } = parts(token);
    await refused([header, encode({ ...claims, username: "staff", scope: "orders:read:all" }), signature].join("."), "claims changed",
      "The claims now say “staff”, but the signature is still that of the old ones. To make a new one takes the key.");
  },
  "Say that it needs no signature": async (token) => {
    const [, claims] = token.split(".");
    await refused(`${encode({ alg: "none", typ: "JWT" })}.${claims}.`, "alg: none",
      "A token does not choose its algorithm. Orders has one key with one algorithm, and refuses everything else.");
  },
  [`Let one end: wait ${shortLifeSeconds} s`]: async () => {
    say(`A token that lives for ${shortLifeSeconds} seconds is on its way …`);
    const { access_token: token } = await shortToken(shortLifeSeconds);
    await new Promise((done) => setTimeout(done, (shortLifeSeconds + 1) * 1000));
    await refused(token, "ended", "It was good until a moment ago. That it has ended is the one reason which a service tells; then the shop asks login for another one, and you notice nothing.");
  },
};

function drillButton(name) {
  const run = async (event) => {
    event.target.disabled = true;
    try {
      await drills[name](holder().token);
    } catch (error) {
      say(error.message);
    } finally {
      event.target.disabled = false;
    }
  };
  return element("button", { class: "quiet", onclick: run }, name);
}

const say = (...content) => verdict.replaceChildren(...content.map((part) => element("p", {}, part)));

async function refused(token, note, explanation) {
  try {
    await sendWith(token, "orders", "/orders", note);
    say("The request was answered. That must not be!");
  } catch (error) {
    if (!error.status) throw error;
    say(element("strong", {}, `${error.status}: ${error.message}`), error.challenge ? element("code", {}, error.challenge) : "", explanation);
  }
}
