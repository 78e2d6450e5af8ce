// The items to be ordered. Session storage keeps them while the customer leaves the page to sign in.

const storageKey = "hallpass-basket";

/** Dispatches `change` when the contents change. */
export const basket = new EventTarget();

let quantities = read();
/** The idempotency key: a request that is repeated after a lost response does not place a second order. */
let key = crypto.randomUUID();

function read() {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(storageKey) ?? "[]"));
  } catch {
    return new Map();
  }
}

export const quantity = (id) => quantities.get(id) ?? 0;
export const isEmpty = () => quantities.size === 0;
export const idempotencyKey = () => key;

/** The items in the form that orders expects. */
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
  sessionStorage.setItem(storageKey, JSON.stringify([...quantities]));
  basket.dispatchEvent(new Event("change"));
}
