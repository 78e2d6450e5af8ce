// My orders. The pass tells the service whose orders to return.

import { announce, element, money, time } from "./dom.js";
import { sendWithPass } from "./pass.js";

export const title = "My orders";
export const requiresSignIn = true;

export async function show() {
  const { orders } = await sendWithPass("orders", "/orders?limit=200");
  if (orders.length === 0) return { content: [element("p", {}, "You have no orders yet.")] };
  return { content: [element("ul", { class: "cards" }, orders.map(card))] };
}

function card(order) {
  const item = element("li");
  const fill = (current) => item.replaceChildren(...contentOf(current, fill));
  fill(order);
  return item;
}

function contentOf(order, fill) {
  const receipt = element("p", { "aria-live": "polite" });
  const isPlaced = order.status === "placed";
  return [
    element("h2", {}, time(order.created_at), " ", element("span", { class: "tag" }, order.status)),
    element("ul", {}, order.items.map((item) =>
      element("li", {}, `${item.quantity} × ${item.name}, ${money(item.price_cents * item.quantity, order.currency)}`))),
    element("p", { class: "price" }, "Total ", money(order.total_cents, order.currency)),
    element("p", { class: "id" }, order.id),
    element("div", { class: "actions" },
      element("button", { class: "quiet", onclick: (event) => showReceiptLink(event, order, receipt) }, "Receipt"),
      isPlaced && element("button", { class: "quiet", onclick: (event) => cancel(event, order, fill) }, "Cancel the order")),
    receipt,
  ];
}

async function cancel(event, order, fill) {
  await runAction(event, async () => {
    fill(await sendWithPass("orders", `/orders/${order.id}/cancel`, { method: "POST" }));
    announce("The order is cancelled, and its items are available again.");
  });
}

async function showReceiptLink(event, order, receipt) {
  await runAction(event, async () => {
    const link = await sendWithPass("orders", `/orders/${order.id}/receipt-link`, {
      method: "POST", note: "a link token for one GET, once",
    });
    receipt.replaceChildren(
      element("a", { href: link.url, target: "_blank", rel: "noopener noreferrer" }, "Open the receipt"),
      " – the link works once, within a minute.");
  });
}

/** Runs the action of a button, and dispatches `requestfailed` when it fails. */
export async function runAction(event, action) {
  const button = event.target;
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    const retry = () => runAction({ target: button }, action);
    button.dispatchEvent(new CustomEvent("requestfailed", { bubbles: true, detail: { error, retry } }));
  } finally {
    button.disabled = false;
  }
}
