// What is to be ordered. It outlives a visit to the page to sign in, and nothing else.

const name = "hallpass-basket";

/** Tells by `change` when there is more or less in it. */
export const basket = new EventTarget();

let quantities = read();
/** Makes that an order which is sent twice, because an answer was lost, is placed once. */
let key = crypto.randomUUID();

function read() {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(name) ?? "[]"));
  } catch {
    return new Map();
  }
}

export const quantity = (id) => quantities.get(id) ?? 0;
export const isEmpty = () => quantities.size === 0;
export const idempotencyKey = () => key;

/** The body of an order. */
export function items() {
  return [...quantities].map(([product_id, quantity]) => ({ product_id, quantity }));
}

export function setQuantity(id, quantity) {
  if (quantity > 0) quantities.set(id, quantity);
  else quantities.delete(id);
  changed();
}

export function clear() {
  quantities = new Map();
  changed();
}

function changed() {
  key = crypto.randomUUID();
  sessionStorage.setItem(name, JSON.stringify([...quantities]));
  basket.dispatchEvent(new Event("change"));
}
