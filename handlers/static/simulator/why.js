// The panel that says why the bot answered.

import { $, CHANNELS, ask, complain, el } from "./dom.js";

let chosenWhy = null; // the button that was pressed

/** Show why the bot answered; the focus goes there, and back to `from` afterwards. */
export async function explain(message, from) {
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
  clearWhy();
  (chosenWhy?.isConnected ? chosenWhy : $("#why-title")).focus();
}

/** Empty the panel: what it explained is gone. */
export function clearWhy() {
  $("#why-text").replaceChildren();
  $("#why-empty").hidden = false;
}
