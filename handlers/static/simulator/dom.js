// Elements and requests. Everything people wrote is put in as text, never as markup.

export const $ = (selector, root = document) => root.querySelector(selector);
export const CHANNELS = { sms: "SMS", telegram: "Telegram", voice: "Call" };
export const LEVELS = { crisis: "Crisis", urgent: "Urgent", none: "No distress" };

/** Make an element: `el("p", {class: "faint"}, "text", child)`. Strings become text. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Bring the children of `parent` in line with `items` by key; nodes that stay keep focus and scroll. */
export function sync(parent, items, keyOf, make, update) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = old.get(key);
    if (!node) {
      node = make(item);
      node.dataset.key = key;
    }
    old.delete(key);
    update(node, item);
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const node of old.values()) node.remove();
}

/** Ask the demo: GET without a body, else POST. Throws an Error with the demo's own sentence. */
export async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(`/simulator/${path}`, options);
  const answer = await response.json().catch(() => ({ error: "The demo did not answer." }));
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** Show an error; what fetch itself throws means that nobody answered. */
export function complain(error) {
  $("#error").textContent = error instanceof TypeError ? "The demo does not answer. Is it still running?" : error.message;
}
