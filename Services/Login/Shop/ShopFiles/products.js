// The products. Everyone may see them, so the request carries no pass.

import * as basket from "./basket.js";
import { announce, element, loginLink, money } from "./dom.js";
import { address, send } from "./network.js";
import { currentPass, passEvents, sendWithPass } from "./pass.js";

export const title = "Products";

export async function show() {
  const { products } = await send("catalog", "/products?limit=200", { note: "public: no pass" });
  const byId = new Map(products.map((product) => [product.id, product]));
  const bill = element("div", { class: "bill" });
  const cards = element("ul", { class: "products" }, products.map(card));
  const update = () => bill.replaceChildren(...billOf(byId));
  update();
  const listeners = new AbortController();
  basket.basket.addEventListener("change", update, { signal: listeners.signal });
  passEvents.addEventListener("change", update, { signal: listeners.signal });
  return { content: [bill, cards], leave: () => listeners.abort() };
}

function card(product) {
  const left = product.stock === 0 ? "Sold out" : product.stock <= 5 ? `Only ${product.stock} left` : "In stock";
  const add = () => {
    basket.setQuantity(product.id, basket.quantity(product.id) + 1);
    announce(`${product.name} is in the basket: ${basket.quantity(product.id)}.`);
  };
  return element("li", {},
    element("h2", {}, product.name),
    element("p", {}, product.description),
    element("p", { class: "price" }, money(product.price_cents, product.currency), element("small", {}, left)),
    element("button", { class: "quiet", onclick: add, disabled: product.stock === 0 },
      "Add", element("span", { class: "unseen" }, ` ${product.name} to the basket`)));
}

function billOf(products) {
  if (basket.isEmpty()) return [element("p", { class: "hint" }, "The basket is empty.")];
  const known = basket.items().filter((item) => products.has(item.product_id));
  const total = known.reduce((sum, item) => sum + item.quantity * products.get(item.product_id).price_cents, 0);
  const currency = products.values().next().value?.currency ?? "EUR";
  return [
    element("h2", {}, "Basket"),
    element("ul", {}, known.map((item) => line(products.get(item.product_id), item.quantity))),
    element("p", { class: "price" }, "Total ", money(total, currency)),
    currentPass()
      ? element("button", { id: "place", onclick: placeOrder }, "Place the order")
      : loginLink(address("login", "/login?next=/shop/"), "Sign in to order", { class: "button" }),
  ];
}

function line(product, quantity) {
  const change = (event) => basket.setQuantity(product.id, Math.min(99, Math.max(0, event.target.valueAsNumber || 0)));
  const id = `quantity-${product.id}`;
  return element("li", {},
    element("label", { for: id }, product.name),
    element("input", { id, type: "number", min: 0, max: 99, value: quantity, inputmode: "numeric", onchange: change }),
    element("span", {}, money(product.price_cents * quantity, product.currency)));
}

async function placeOrder(event) {
  event.target.disabled = true;
  announce("Placing the order …");
  try {
    const order = await sendWithPass("orders", "/orders", {
      method: "POST", body: { items: basket.items() }, headers: { "Idempotency-Key": basket.idempotencyKey() },
      note: "with the idempotency key, a repeated request places no second order",
    });
    basket.clear();
    announce(`Ordered for ${money(order.total_cents, order.currency)}. You will get a message about it.`);
  } catch (error) {
    announce("");
    event.target.disabled = false;
    const retry = () => placeOrder(event);
    event.target.dispatchEvent(new CustomEvent("requestfailed", { bubbles: true, detail: { error, retry } }));
  }
}
