// The two phones: whose they are, their bubbles, what can be sent from them, and how delivery is broken.

import { $, CHANNELS, LEVELS, ask, el, sync } from "./dom.js";
import { SIDES, act, news, page, personOf, refresh, refreshAgain } from "./page.js";
import { explain } from "./why.js";

/** Put both phones on the page, from the template. */
export function buildSides() {
  for (const [side, title] of Object.entries(SIDES)) {
    const root = $(`#${side}`);
    root.append($("#side").content.cloneNode(true));
    link($(".picker label", root), $(".persona", root), `${side}-persona`, title);
    link($(".delivery label", root), $(".fault", root), `${side}-fault`, "Delivery to this phone");
    link($(".composer label", root), $(".composer input", root), `${side}-text`, "Message");
    $(".persona", root).addEventListener("change", (event) => choose(side, event.target.value));
    $(".fault", root).addEventListener("change", (event) => breakDelivery(side, event.target.value));
    $(".composer", root).addEventListener("submit", (event) => {
      event.preventDefault();
      const input = $("input", root);
      const text = input.value;
      if (text.trim()) say(side, { text }).then((kept) => { if (kept && input.value === text) input.value = ""; });
    });
  }
}

function link(label, control, id, text) {
  control.id = id;
  label.htmlFor = id;
  label.textContent = text;
}

function choose(side, key) {
  page.chosen[side] = key;
  refresh();
}

function say(side, what) {
  const { channel, address } = personOf(page.chosen[side]);
  return act("Sending …", async () => {
    const receipt = await ask("says", { channel, address, ...what });
    if (receipt.toast) $("#status").textContent = `Telegram shows: ${receipt.toast}`;
    return receipt;
  });
}

function breakDelivery(side, fault) {
  const { channel, address } = personOf(page.chosen[side]);
  const key = page.chosen[side];
  const whole = page.state.faults.find(({ name }) => name === fault)?.whole;
  return act("Changing delivery …", async () => {
    const phone = page.state.phones[key];
    if (phone?.fault) await ask("fail", { channel, address: phone.whole_channel ? null : address, fault: null });
    if (fault) await ask("fail", { channel, address: whole ? null : address, fault });
  });
}

const KINDS = { sms: "Text message", telegram: "bot", voice: "Phone call" };
const HINTS = { sms: "Text message", telegram: "Message", voice: "Press a key" };

/** Draw one side: who can be chosen, the open phone, its shortcuts, its delivery. */
export function showSide(side) {
  const root = $(`#${side}`);
  const person = personOf(page.chosen[side]);
  const phone = page.state.phones[page.chosen[side]];
  if (!person) return;
  showPersonas(side, root);
  $(".about", root).textContent = about(person);
  if (!phone) {
    refreshAgain(); // another phone was chosen while this answer was on its way
    return;
  }
  const frame = $(".phone", root);
  frame.classList.toggle("telegram", person.channel === "telegram");
  frame.classList.toggle("sms", person.channel !== "telegram");
  frame.classList.toggle("call", person.channel === "voice");
  $(".face", root).textContent = page.state.programme.split(/\s+/).map((word) => word[0]).slice(0, 2).join("");
  $(".whom b", root).textContent = page.state.programme;
  $(".whom small", root).textContent = KINDS[person.channel];
  $(".composer label", root).textContent = `Message as ${person.name}`;
  $(".composer input", root).placeholder = HINTS[person.channel];
  showLines(side, $(".log", root), person, phone.lines);
  showShortcuts(side, $(".shortcuts", root), person);
  showFaults($(".delivery", root), person, phone);
}

function about(person) {
  const words = [person.channel !== "telegram" ? person.address : null, `${person.time} in ${person.zone}`];
  if (person.role !== "participant" && person.role !== "unknown") words.unshift(person.role);
  if (person.side === "participant") {
    words.push({ opted_out: "opted out", invited: "has not agreed yet", none: "not known here" }[person.consent]);
  }
  return words.filter(Boolean).join(" · ");
}

function showPersonas(side, root) {
  const select = $(".persona", root);
  const own = page.state.people.filter((person) => person.side === side);
  sync(select, own, (person) => person.key, () => el("option"), (option, person) => {
    const fresh = news(person);
    const text = `${person.name} · ${CHANNELS[person.channel]}${fresh > 0 ? ` (${fresh} new)` : ""}`;
    option.value = person.key;
    if (option.textContent !== text) option.textContent = text;
  });
  select.value = page.chosen[side];
  const elsewhere = own.filter((person) => news(person) > 0);
  sync($(".elsewhere", root), elsewhere, (person) => person.key, (person) => el("button", {
    type: "button",
    onclick: () => {
      choose(side, person.key);
      select.focus();
    },
  }), (button, person) => {
    button.textContent = `${person.name}, ${CHANNELS[person.channel]}: ${news(person)} new`;
  });
}

function showLines(side, log, person, lines) {
  const another = log.dataset.key !== person.key;
  if (another) {
    log.dataset.key = person.key;
    log.setAttribute("aria-live", "off"); // a whole conversation is not news
    log.replaceChildren();
  }
  log.setAttribute("aria-label", `Conversation of ${person.name}, ${CHANNELS[person.channel]}`);
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const before = log.childElementCount;
  const items = [];
  let day = null;
  for (const line of lines) {
    if (line.day !== day) items.push({ key: `day-${line.day}`, note: line.day });
    day = line.day;
    items.push(line);
  }
  if (!lines.length) {
    const hint = person.channel === "voice" ? "It has not rung yet." : "Write something, or skip to the next send.";
    items.push({ key: "empty", note: `Nothing here yet. ${hint}` });
  }
  const make = (item) => (item.note ? el("p", { class: "day" }, item.note) : makeLine(side, person, item));
  sync(log, items, (item) => item.key, make, () => {});
  if (another || (log.childElementCount !== before && atEnd) || lines.at(-1)?.what === "mine") {
    log.scrollTop = log.scrollHeight;
  }
  if (another) setTimeout(() => log.setAttribute("aria-live", "polite"), 300);
}

function makeLine(side, person, line) {
  const who = { mine: person.name, theirs: page.state.programme, trouble: "Delivery" }[line.what];
  const keys = line.buttons.map((button) => el("button", {
    type: "button",
    onclick: () => say(side, { button: button.data, reply_to: line.key }),
  }, button.label));
  const flagged = line.level === "crisis" || line.level === "urgent";
  const why = line.message && el("button", {
    type: "button",
    "aria-label": `Why? ${line.text.slice(0, 60)}`,
    onclick: (event) => explain(line.message, event.currentTarget),
  }, "Why?");
  return el("div", { class: `line ${line.what}` },
    el("div", { class: "bubble" }, el("span", { class: "hidden" }, `${who}: `), line.text),
    keys.length ? el("div", { class: "keys", role: "group", "aria-label": "Answers" }, ...keys) : null,
    el("div", { class: "meta" },
      flagged ? el("span", { class: `badge ${line.level}` }, LEVELS[line.level]) : null,
      el("span", {}, line.time), why || null));
}

function showShortcuts(side, root, person) {
  root.setAttribute("aria-label", `Quick texts from ${person.name}`);
  if (root.dataset.key === person.key + person.role) return;
  root.dataset.key = person.key + person.role;
  root.replaceChildren(...person.shortcuts.map((shortcut) => el("button", {
    type: "button",
    title: shortcut.text ?? shortcut.label,
    onclick: () => say(side, shortcut.media ? { media: shortcut.media } : { text: shortcut.text }),
  }, shortcut.label)));
}

function showFaults(root, person, phone) {
  const select = $("select", root);
  if (select.dataset.channel !== person.channel) {
    select.dataset.channel = person.channel;
    const option = ({ name, label }) => el("option", { value: name }, label);
    select.replaceChildren(
      el("option", { value: "" }, "Works"),
      el("optgroup", { label: "Only this phone" }, ...page.state.faults.filter((fault) => !fault.whole).map(option)),
      el("optgroup", { label: `All of ${CHANNELS[person.channel]}` }, ...page.state.faults.filter((fault) => fault.whole).map(option)),
    );
  }
  select.value = phone.fault ?? "";
  root.classList.toggle("broken", Boolean(phone.fault));
}
