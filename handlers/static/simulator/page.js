// What is shown: the demo's state as last fetched, which phones are open, and one thing done after the other.

import { $, ask, complain } from "./dom.js";

export const SIDES = { participant: "Participant", staff: "Team" };

/** `state` is what the demo last said, at `fetchedAt`; `chosen` the open phone of each side; `show` draws it. */
export const page = {
  state: null,
  fetchedAt: 0,
  busy: false,
  chosen: { participant: null, staff: null },
  show: () => {},
};

let line = Promise.resolve(); // what was asked for, in order
let asking = false;
let askAgain = false;
const seen = new Map(); // phone -> bubbles that were looked at

/** Do one thing after the other; say what is going on without taking the focus away. */
export function act(saying, work) {
  const done = line.then(() => perform(saying, work));
  line = done;
  return done;
}

async function perform(saying, work) {
  page.busy = true;
  $("#stage").setAttribute("aria-busy", "true");
  $("#error").textContent = "";
  $("#status").textContent = saying;
  try {
    const done = await work();
    await refresh();
    if ($("#status").textContent === saying) $("#status").textContent = "";
    return done;
  } catch (error) {
    $("#status").textContent = "";
    complain(error);
    return undefined;
  } finally {
    page.busy = false;
    $("#stage").removeAttribute("aria-busy");
  }
}

/** Fetch the state and draw it; asked again meanwhile, it is done once more. */
export async function refresh() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    do {
      askAgain = false;
      const phones = Object.values(page.chosen).filter(Boolean).map(encodeURIComponent).join(",");
      page.state = await ask(`state${phones ? `?phones=${phones}` : ""}`);
      page.fetchedAt = performance.now();
      choosePhones();
      page.show();
    } while (askAgain);
  } catch (error) {
    complain(error);
  } finally {
    asking = false;
  }
}

/** Fetch once more when the answer at hand turns out to be about another phone. */
export function refreshAgain() {
  askAgain = true;
}

function choosePhones() {
  for (const side of Object.keys(SIDES)) {
    const own = page.state.people.filter((person) => person.side === side);
    if (!own.some((person) => person.key === page.chosen[side])) page.chosen[side] = own[0]?.key ?? null;
  }
  if (seen.size === 0 || page.state.people.some((person) => person.count < (seen.get(person.key) ?? 0))) {
    seen.clear();
    for (const person of page.state.people) seen.set(person.key, person.count);
  }
  for (const person of page.state.people) {
    if (Object.values(page.chosen).includes(person.key)) seen.set(person.key, person.count);
  }
}

/** How many bubbles of a phone nobody has looked at. */
export const news = (person) => person.count - (seen.get(person.key) ?? 0);

/** Whose phone it is, by its key. */
export const personOf = (key) => page.state.people.find((person) => person.key === key);
