// The simulator's page. Everything people wrote is put in as text, never as markup.

const $ = (selector, root = document) => root.querySelector(selector);
const SIDES = { participant: "Participant", staff: "Team" };
const CHANNELS = { sms: "SMS", telegram: "Telegram" };
const LEVELS = { crisis: "Crisis", urgent: "Urgent", none: "No distress" };

let state = null;
let fetchedAt = 0;
let busy = false;
let line = Promise.resolve(); // what was asked for, in order
let asking = false;
let askAgain = false;
let chosenWhy = null;
const chosen = { participant: null, staff: null };
const seen = new Map();

/** Make an element: `el("p", {class: "faint"}, "text", child)`. Strings become text. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

async function ask(path, body) {
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

function complain(error) {
  $("#error").textContent = error instanceof TypeError ? "The demo does not answer. Is it still running?" : error.message;
}

/** Do one thing after the other; say what is going on without taking the focus away. */
function act(saying, work) {
  const done = line.then(() => perform(saying, work));
  line = done;
  return done;
}

async function perform(saying, work) {
  busy = true;
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
    busy = false;
    $("#stage").removeAttribute("aria-busy");
  }
}

async function refresh() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    do {
      askAgain = false;
      const phones = Object.values(chosen).filter(Boolean).map(encodeURIComponent).join(",");
      state = await ask(`state${phones ? `?phones=${phones}` : ""}`);
      fetchedAt = performance.now();
      choosePhones();
      show();
    } while (askAgain);
  } catch (error) {
    complain(error);
  } finally {
    asking = false;
  }
}

function choosePhones() {
  for (const side of Object.keys(SIDES)) {
    const own = state.people.filter((person) => person.side === side);
    if (!own.some((person) => person.key === chosen[side])) chosen[side] = own[0]?.key ?? null;
  }
  if (seen.size === 0 || state.people.some((person) => person.count < (seen.get(person.key) ?? 0))) {
    seen.clear();
    for (const person of state.people) seen.set(person.key, person.count);
  }
  for (const person of state.people) {
    if (Object.values(chosen).includes(person.key)) seen.set(person.key, person.count);
  }
}

const news = (person) => person.count - (seen.get(person.key) ?? 0);
const personOf = (key) => state.people.find((person) => person.key === key);

function show() {
  $("#programme").textContent = state.programme;
  for (const side of Object.keys(SIDES)) showSide(side);
  showBoard();
  tick();
}

// --- phones -------------------------------------------------------------------------------------

function buildSides() {
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
  chosen[side] = key;
  refresh();
}

function say(side, what) {
  const { channel, address } = personOf(chosen[side]);
  return act("Sending …", async () => {
    const receipt = await ask("says", { channel, address, ...what });
    if (receipt.toast) $("#status").textContent = `Telegram shows: ${receipt.toast}`;
    return receipt;
  });
}

function breakDelivery(side, fault) {
  const { channel, address } = personOf(chosen[side]);
  const key = chosen[side];
  const whole = state.faults.find(({ name }) => name === fault)?.whole;
  return act("Changing delivery …", async () => {
    const phone = state.phones[key];
    if (phone?.fault) await ask("fail", { channel, address: phone.whole_channel ? null : address, fault: null });
    if (fault) await ask("fail", { channel, address: whole ? null : address, fault });
  });
}

function showSide(side) {
  const root = $(`#${side}`);
  const person = personOf(chosen[side]);
  const phone = state.phones[chosen[side]];
  if (!person) return;
  showPersonas(side, root);
  $(".about", root).textContent = about(person);
  if (!phone) {
    askAgain = true; // another phone was chosen while this answer was on its way
    return;
  }
  const frame = $(".phone", root);
  frame.classList.toggle("telegram", person.channel === "telegram");
  frame.classList.toggle("sms", person.channel === "sms");
  $(".face", root).textContent = state.programme.split(/\s+/).map((word) => word[0]).slice(0, 2).join("");
  $(".whom b", root).textContent = state.programme;
  $(".whom small", root).textContent = person.channel === "telegram" ? "bot" : "Text message";
  $(".composer label", root).textContent = `Message as ${person.name}`;
  $(".composer input", root).placeholder = person.channel === "telegram" ? "Message" : "Text message";
  showLines(side, $(".log", root), person, phone.lines);
  showShortcuts(side, $(".shortcuts", root), person);
  showFaults($(".delivery", root), person, phone);
}

function about(person) {
  const words = [person.channel === "sms" ? person.address : null, `${person.time} in ${person.zone}`];
  if (person.role !== "participant" && person.role !== "unknown") words.unshift(person.role);
  if (person.side === "participant") {
    words.push({ opted_out: "opted out", invited: "has not agreed yet", none: "not known here" }[person.consent]);
  }
  return words.filter(Boolean).join(" · ");
}

function showPersonas(side, root) {
  const select = $(".persona", root);
  const own = state.people.filter((person) => person.side === side);
  sync(select, own, (person) => person.key, () => el("option"), (option, person) => {
    const fresh = news(person);
    const text = `${person.name} · ${CHANNELS[person.channel]}${fresh > 0 ? ` (${fresh} new)` : ""}`;
    option.value = person.key;
    if (option.textContent !== text) option.textContent = text;
  });
  select.value = chosen[side];
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
    if (line.day !== day) items.push({ key: `day-${line.day}`, day: line.day });
    day = line.day;
    items.push(line);
  }
  sync(log, items, (item) => item.key, (item) => (item.day && !item.what ? el("p", { class: "day" }, item.day) : makeLine(side, person, item)), () => {});
  if (another || (log.childElementCount !== before && atEnd) || lines.at(-1)?.what === "mine") {
    log.scrollTop = log.scrollHeight;
  }
  if (another) setTimeout(() => log.setAttribute("aria-live", "polite"), 300);
}

function makeLine(side, person, line) {
  const who = { mine: person.name, theirs: state.programme, trouble: "Delivery" }[line.what];
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
      el("optgroup", { label: "Only this phone" }, ...state.faults.filter((fault) => !fault.whole).map(option)),
      el("optgroup", { label: `All of ${CHANNELS[person.channel]}` }, ...state.faults.filter((fault) => fault.whole).map(option)),
    );
  }
  select.value = phone.fault ?? "";
  root.classList.toggle("broken", Boolean(phone.fault));
}

/** Bring the children of `parent` in line with `items` by key; nodes that stay keep focus and scroll. */
function sync(parent, items, keyOf, make, update) {
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

// --- board and clock ----------------------------------------------------------------------------

function showBoard() {
  $("#board-empty").hidden = state.board.length > 0;
  sync($("#board"), state.board, (alert) => `${alert.ref}-${alert.message}`, () => el("li", { class: "alert" }), (item, alert) => {
    const shown = JSON.stringify(alert);
    if (item.dataset.shown === shown) return;
    item.dataset.shown = shown;
    item.replaceChildren(
      el("p", { class: "head" },
        el("span", { class: `badge ${alert.level}` }, LEVELS[alert.level]), alert.person,
        el("span", { class: "ref" }, `Ref ${alert.ref} · since ${alert.opened}`)),
      standing(alert),
    );
  });
}

function standing(alert) {
  if (alert.state === "acknowledged") {
    return el("p", {}, el("span", { class: "badge taken" }, "Taken"), ` ${alert.holder ?? "Somebody"} has it.`);
  }
  if (alert.state === "closed") return el("p", { class: "faint" }, "Closed.");
  const next = alert.next.filter(Boolean).join(" and ") || "Somebody";
  return el("p", {},
    `Nobody has it yet. Next: ${next} in `,
    el("span", { class: "left", "data-until": alert.next_step_at }, ""),
    alert.round > 1 ? ` (round ${alert.round}).` : ".");
}

function simulatedNow() {
  return Date.parse(state.now.at) + (performance.now() - fetchedAt);
}

function tick() {
  if (!state) return;
  const now = simulatedNow();
  const shown = new Intl.DateTimeFormat("en-GB", {
    weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: state.zone,
  }).format(now);
  if ($("#now").textContent !== shown) {
    $("#now").textContent = shown;
    $("#now").dateTime = new Date(now).toISOString();
  }
  $("#next").textContent = state.next ? `Something is due ${due(state.next)}` : "Nothing is planned";
  for (const node of document.querySelectorAll("[data-until]")) {
    node.textContent = countdown(Date.parse(node.dataset.until) - now);
  }
}

function due(moment) {
  return moment.day === state.now.day ? `at ${moment.time}` : `on ${moment.day}, ${moment.time}`;
}

function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// --- why ----------------------------------------------------------------------------------------

async function explain(message, from) {
  try {
    showWhy(await ask(`why?message=${encodeURIComponent(message)}`));
    chosenWhy = from;
    $("#why").scrollTop = 0;
    $("#why-title").focus();
  } catch (error) {
    complain(error);
  }
}

function showWhy(why) {
  $("#why-empty").hidden = true;
  $("#why-text").replaceChildren(
    ...why.text || why.from ? [el("blockquote", {}, why.text || "(a tap)", el("footer", {}, `${why.from}, ${why.day} ${why.time}`))] : [],
    ...why.why.map((line) => el("p", {}, line)),
    ...why.triage ? verdict(why.triage) : [],
    ...why.followed.length ? [el("h3", {}, "What it sent"), el("ul", { class: "sent" }, ...why.followed.map(sentLine))] : [],
    ...why.alert ? timeline(why.alert) : [],
    el("p", { class: "rules" }, why.triage ? `Triage rules ${why.triage.rules}. ` : "",
      el("button", { type: "button", class: "quiet", onclick: closeWhy }, "Close")),
  );
}

function verdict(triage) {
  const signals = triage.signals.map((signal) => el("li", {}, el("q", {}, signal.words), `: ${signal.concept}`));
  return [
    el("h3", {}, "Read for distress"),
    el("p", {}, el("span", { class: `badge ${triage.level}` }, triage.meaning)),
    triage.why ? el("p", {}, `The text ${triage.why}.`) : null,
    signals.length ? el("ul", {}, ...signals) : null,
  ].filter(Boolean);
}

function sentLine(sent) {
  const reached = sent.reason ? `${sent.state}: ${sent.reason}` : sent.state;
  return el("li", {}, el("b", {}, sent.to), ` · ${CHANNELS[sent.channel] ?? sent.channel} · ${reached}`, el("br"), el("q", {}, sent.text));
}

function timeline(alert) {
  return [
    el("h3", {}, `Alert ${alert.ref}`),
    el("ol", {}, ...alert.timeline.map((event) => el("li", {}, el("span", { class: "when" }, event.time), event.says))),
  ];
}

function closeWhy() {
  $("#why-text").replaceChildren();
  $("#why-empty").hidden = false;
  (chosenWhy?.isConnected ? chosenWhy : $("#why-title")).focus();
}

// --- start --------------------------------------------------------------------------------------

function buildControls() {
  for (const button of document.querySelectorAll("[data-forward]")) {
    button.addEventListener("click", () => act("Time is passing …", () => ask("forward", JSON.parse(button.dataset.forward))));
  }
  $("#reset").addEventListener("click", () => $("#sure").showModal());
  $("#sure").addEventListener("close", () => {
    if ($("#sure").returnValue !== "yes") return;
    $("#sure").returnValue = "";
    act("Starting over …", async () => {
      await ask("reset", {});
      if (!$("#why-empty").hidden) return;
      $("#why-text").replaceChildren();
      $("#why-empty").hidden = false;
    }).then(() => $("#reset").focus());
  });
}

function listen() {
  const events = new EventSource("/simulator/events");
  events.addEventListener("change", () => { if (!busy) refresh(); });
  events.addEventListener("open", () => { $("#error").textContent = ""; });
  events.addEventListener("error", () => complain(new TypeError()));
}

buildSides();
buildControls();
await refresh();
listen();
setInterval(tick, 500);
