// The lab's clock: shown = what it showed + (this machine's clock − when it showed that) × speed.

import { $, post } from "./dom.js";

const TICK = 100;

export class Clock {
  #pace = { real: 0, shown: 0, speed: 1, zone: "UTC", movable: false };

  constructor(store, complain) {
    store.on("clock", (pace) => this.#take(pace));
    for (const button of document.querySelectorAll("[data-speed]")) {
      button.addEventListener("click", () => post("/lab/clock", { speed: Number(button.dataset.speed) }).catch(complain));
    }
    $("#jump").addEventListener("click", () => post("/lab/clock", { wall: [23, 58, 50] }).catch(complain));
    setInterval(() => this.#show(), TICK);
  }

  // Milliseconds since 1970, as the lab has it.
  now() {
    return this.#pace.shown + (Date.now() - this.#pace.real) * this.#pace.speed;
  }

  get speed() {
    return this.#pace.speed;
  }

  // `23:59:00` in the lab's zone.
  wall(moment) {
    return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: this.#pace.zone }).format(moment);
  }

  #take(pace) {
    this.#pace = pace;
    for (const button of document.querySelectorAll("[data-speed]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === pace.speed));
      button.disabled = !pace.movable;
    }
    $("#jump").disabled = !pace.movable;
    this.#show();
  }

  #show() {
    const now = this.now();
    const [time, day] = [$("#time"), $("#day")];
    const words = this.wall(now);
    if (time.textContent !== words) {
      time.textContent = words;
      time.dateTime = new Date(now).toISOString();
      const zone = this.#pace.zone;
      const date = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "long", timeZone: zone }).format(now);
      day.textContent = `${date} · ${zone.split("/").pop().replaceAll("_", " ")}`;
    }
  }
}
