// My messages. Only their owner can read them, and only services can send them.

import { announce, element, time } from "./dom.js";
import { runAction } from "./orders.js";
import { sendWithPass } from "./pass.js";

export const title = "My messages";
export const requiresSignIn = true;

export async function show() {
  const { messages } = await sendWithPass("inbox", "/messages?limit=200");
  if (messages.length === 0) return { content: [element("p", {}, "You have no messages.")] };
  return { content: [element("ul", { class: "cards" }, messages.map(card))] };
}

function card(message) {
  const item = element("li");
  const tag = element("span", { class: "tag" }, "new");
  const read = async (event) => {
    await runAction(event, async () => {
      await sendWithPass("inbox", `/messages/${message.id}/read`, { method: "POST" });
      tag.remove();
      event.target.remove();
      announce("The message is marked as read.");
    });
  };
  const remove = (event) => runAction(event, async () => {
    await sendWithPass("inbox", `/messages/${message.id}`, { method: "DELETE" });
    item.remove();
    announce("The message is deleted.");
  });
  item.append(
    element("h2", {}, message.subject, " ", message.read ? "" : tag),
    element("p", {}, time(message.created_at)),
    element("p", { class: "letter" }, message.body),
    element("div", { class: "actions" },
      !message.read && element("button", { class: "quiet", onclick: read }, "Mark as read"),
      element("button", { class: "quiet", onclick: remove }, "Delete")));
  return item;
}
