// My orders: the service finds out by the pass whose they are.

import { element, moment, money, say } from "./dom.js";
import { sendWithPass } from "./pass.js";

export const title = "My orders";
export const isMine = true;

export async function show() {
  const { orders } = await sendWithPass("orders", "/orders?limit=200");
  if (orders.length === 0) return { content: [element("p", {}, "You have no orders yet.")] };
  return { content: [element("ul", { class: "papers" }, orders.map(paper))] };
}

function paper(order) {
  const item = element("li");
  const fill = (current) => item.replaceChildren(...contentOf(current, fill));
  fill(order);
  return item;
}

function contentOf(order, fill) {
  const place = element("p", { "aria-live": "polite" });
  const isPlaced = order.status === "placed";
  return [
    element("h2", {}, moment(order.created_at), " ", element("span", { class: "tag" }, order.status)),
    element("ul", {}, order.items.map((item) =>
      element("li", {}, `${item.quantity} × ${item.name}, ${money(item.price_cents * item.quantity, order.currency)}`))),
    element("p", { class: "price" }, "Total ", money(order.total_cents, order.currency)),
    element("p", { class: "id" }, order.id),
    element("div", { class: "actions" },
      element("button", { class: "quiet", onclick: (event) => receipt(event, order, place) }, "Receipt"),
      isPlaced && element("button", { class: "quiet", onclick: (event) => cancel(event, order, fill) }, "Cancel the order")),
    place,
  ];
}

async function cancel(event, order, fill) {
  await trying(event, async () => {
    fill(await sendWithPass("orders", `/orders/${order.id}/cancel`, { method: "POST" }));
    say("The order is cancelled, and its stock is free again.");
  });
}

async function receipt(event, order, place) {
  await trying(event, async () => {
    const link = await sendWithPass("orders", `/orders/${order.id}/receipt-link`, {
      method: "POST", note: "a link token: for this one GET, once",
    });
    place.replaceChildren(
      element("a", { href: link.url, target: "_blank", rel: "noopener noreferrer" }, "Open the receipt"),
      " – the link works once, within a minute.");
  });
}

/** Does what a button is for, and leaves the refusal to the page. */
export async function trying(event, work) {
  const button = event.target;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    const again = () => trying({ target: button }, work);
    button.dispatchEvent(new CustomEvent("refusal", { bubbles: true, detail: { error, again } }));
  } finally {
    button.disabled = false;
  }
}
