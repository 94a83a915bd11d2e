// The phone lab: one store of what the server has told, and the parts of the page that show it.

import { Chat } from "./chat.js";
import { Clock } from "./clock.js";
import { $, post } from "./dom.js";
import { follow } from "./feed.js";
import { Phones } from "./phones.js";
import { Sounds } from "./sounds.js";
import { Store } from "./store.js";

const base = document.body.dataset.base;
const READY = [
  ["Call Amy and patch me in", "call amy, patch me in"],
  ["… at 23:59", "call amy and patch me in at 23:59"],
  ["A birthday, with a song", `call amy, play ${base}lab/sounds/happy-birthday.wav, say "Happy birthday, Amy!", patch me in`],
  ["A conference of three", "conference amy, bob and me"],
  ["If a machine answers …", 'call bob, if a machine answers say "Please call me back."'],
  ["Forward our number", "forward +1 212 555 0100 to bob for 15 seconds, then voicemail"],
  ["A slip of the fingers", "call amy tomorow at 9am"],
  ["What is planned?", "list"],
  ["Cancel everything", "cancel all"],
  ["What can I say?", "help"],
];

const store = new Store();
const complain = (problem) => show(problem.message, 5000);
const clock = new Clock(store, complain);
const sounds = new Sounds();
const chat = new Chat(store, complain);
new Phones(store, clock, sounds, complain);
chat.offer(READY);

// --- a line across the page -------------------------------------------------------------------------

let hiding = null;

function show(words, forMilliseconds = 0) {
  clearTimeout(hiding);
  $("#away").textContent = words;
  $("#away").hidden = !words;
  if (forMilliseconds) hiding = setTimeout(() => show(""), forMilliseconds);
}

let wasAway = false;
follow(store, (away) => {
  if (away) show("The server is away. It is being started again …");
  else if (wasAway) show("The server is back.", 2500);
  wasAway = away;
});

// --- double clicks ----------------------------------------------------------------------------------

// Whoever clicks twice means it once; by then another button may stand there. Keys of a phone are pressed fast.
addEventListener("click", (event) => {
  if (event.detail < 2 || !event.target.closest("button:not([data-key])")) return;
  event.stopImmediatePropagation();
  event.preventDefault();
}, { capture: true });

// --- tools ------------------------------------------------------------------------------------------

$("#sound").addEventListener("click", () => {
  sounds.turn(!sounds.on);
  $("#sound").setAttribute("aria-pressed", String(sounds.on));
  $("#sound").textContent = sounds.on ? "Sound on" : "Sound off";
});

const switches = [...document.querySelectorAll("#trouble input")];
for (const each of switches) {
  each.addEventListener("change", () => post("/lab/trouble", { on: switches.filter((one) => one.checked).map((one) => one.value) }).catch(complain));
}
store.on("trouble", (on) => {
  for (const each of switches) each.checked = on?.includes(each.value) ?? false;
  $("#troubles").hidden = !on?.length;
  $("#troubles").textContent = on?.length ?? 0;
});
store.on("server", (server) => ($("#kill").disabled = !server?.restart));
$("#kill").addEventListener("click", () => {
  fetch("/lab/restart", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(() => {});
  $("#trouble").open = false;
});
addEventListener("click", (event) => {
  if (!$("#trouble").contains(event.target)) $("#trouble").open = false;
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && $("#trouble").open) {
    $("#trouble").open = false;
    $("#trouble summary").focus();
  }
});

// --- one part at a time on small windows ------------------------------------------------------------

const tabs = [...document.querySelectorAll(".tabs a")];

function turnTo(name) {
  for (const tab of tabs) {
    const isIt = tab.hash === `#${name}`;
    tab.toggleAttribute("aria-current", isIt);
    $(tab.hash).classList.toggle("shown", isIt);
  }
}
for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    turnTo(tab.hash.slice(1));
  });
}
turnTo("chat");
document.body.dataset.ready = "yes";
// The board is a page of its own; it waits until this one can be used.
setTimeout(openBoard, 200);

function openBoard() {
  $("#board iframe").src = "board";
}
