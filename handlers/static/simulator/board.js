// The board of alerts and the clock, which run on between two answers of the demo.

import { $, LEVELS, el, sync } from "./dom.js";
import { page } from "./page.js";

/** Draw the board of alerts. */
export function showBoard() {
  $("#board-empty").hidden = page.state.board.length > 0;
  sync($("#board"), page.state.board, (alert) => `${alert.ref}-${alert.message}`, () => el("li", { class: "alert" }), (item, alert) => {
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
  return Date.parse(page.state.now.at) + (performance.now() - page.fetchedAt);
}

/** Move the clock and the countdowns on. */
export function tick() {
  if (!page.state) return;
  const now = simulatedNow();
  const shown = new Intl.DateTimeFormat("en-GB", {
    weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: page.state.zone,
  }).format(now);
  if ($("#now").textContent !== shown) {
    $("#now").textContent = shown;
    $("#now").dateTime = new Date(now).toISOString();
  }
  $("#next").textContent = page.state.next ? `Something is due ${due(page.state.next)}` : "Nothing is planned";
  for (const node of document.querySelectorAll("[data-until]")) {
    node.textContent = countdown(Date.parse(node.dataset.until) - now);
  }
}

function due(moment) {
  return moment.day === page.state.now.day ? `at ${moment.time}` : `on ${moment.day}, ${moment.time}`;
}

function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
