// The simulator's page: puts the parts together and listens for changes.

import { showBoard, tick } from "./board.js";
import { $, ask, complain } from "./dom.js";
import { SIDES, act, page, refresh } from "./page.js";
import { buildSides, showSide } from "./phones.js";
import { clearWhy } from "./why.js";

function show() {
  $("#programme").textContent = page.state.programme;
  for (const side of Object.keys(SIDES)) showSide(side);
  showBoard();
  tick();
}

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
      clearWhy();
    }).then(() => $("#reset").focus());
  });
}

function listen() {
  const events = new EventSource("/simulator/events");
  events.addEventListener("change", () => { if (!page.busy) refresh(); });
  events.addEventListener("open", () => { $("#error").textContent = ""; });
  events.addEventListener("error", () => complain(new TypeError()));
}

page.show = show;
buildSides();
buildControls();
await refresh();
listen();
setInterval(tick, 500);
