// My messages: only their owner reads them, and only services write them.

import { element, moment, say } from "./dom.js";
import { trying } from "./orders.js";
import { sendWithPass } from "./pass.js";

export const title = "My messages";
export const isMine = true;

export async function show() {
  const { messages } = await sendWithPass("inbox", "/messages?limit=200");
  if (messages.length === 0) return { content: [element("p", {}, "You have no messages.")] };
  return { content: [element("ul", { class: "papers" }, messages.map(paper))] };
}

function paper(message) {
  const item = element("li");
  const tag = element("span", { class: "tag" }, "new");
  const read = async (event) => {
    await trying(event, async () => {
      await sendWithPass("inbox", `/messages/${message.id}/read`, { method: "POST" });
      tag.remove();
      event.target.remove();
      say("The message is marked as read.");
    });
  };
  const remove = (event) => trying(event, async () => {
    await sendWithPass("inbox", `/messages/${message.id}`, { method: "DELETE" });
    item.remove();
    say("The message is deleted.");
  });
  item.append(
    element("h2", {}, message.subject, " ", message.read ? "" : tag),
    element("p", {}, moment(message.created_at)),
    element("p", { class: "letter" }, message.body),
    element("div", { class: "actions" },
      !message.read && element("button", { class: "quiet", onclick: read }, "Mark as read"),
      element("button", { class: "quiet", onclick: remove }, "Delete")));
  return item;
}
