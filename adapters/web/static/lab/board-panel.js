// The board inside the lab: its fragment, fetched again when a card has changed, at most twice a second.

import { $ } from "./dom.js";

const PAUSE = 500;

export class BoardPanel {
  #tag = null;
  #due = null;

  constructor(store) {
    store.on("chat:card-", () => this.#soon());
    store.on("leg:", () => this.#soon());
    this.#soon();
  }

  #soon() {
    this.#due ??= setTimeout(() => this.#refresh(), PAUSE);
  }

  async #refresh() {
    this.#due = null;
    const place = $("#board-content");
    if (place.offsetParent === null && place.childElementCount) return; // nobody is looking
    const answer = await fetch("/board/fragment", { headers: this.#tag ? { "If-None-Match": this.#tag } : {} }).catch(() => null);
    if (answer?.status !== 200) return;
    this.#tag = answer.headers.get("etag");
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...fresh.body.childNodes);
  }
}
