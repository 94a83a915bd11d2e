// The chat: what people said, what Patchline answers, and one living card per call, changed in its place.

import { $, linked, make, newId, post } from "./dom.js";

const TONES = {
  scheduled: "calm", confirm: "busy", placing: "busy", placed: "busy", ringing: "busy", answered: "good",
  talking: "good", conference: "good", voicemail: "good", ended: "calm", cancelled: "calm", missed: "bad",
  unknown: "bad", refused: "bad", failed: "bad",
};
// What is folded away: the small print before a call, and what was planned once it is under way.
const PLANNED = ["scheduled", "confirm"];
const ASIDE = { before: ["terms"], after: ["parties", "steps", "terms", "understood"] };

const SAME_PRESS = 2000;

export class Chat {
  #log = $("#log");
  #say = $("#say");
  #complain;
  #past = [];
  #back = 0;
  #draft = "";
  #pressed = new Map();

  constructor(store, complain) {
    this.#complain = complain;
    store.on("chat:", (entry, key) => (entry ? this.#show(entry) : document.getElementById(key)?.remove()));
    let wasAtEnd = true; // whoever reads the latest still does when the window changes
    this.#log.addEventListener("scroll", () => (wasAtEnd = this.#isAtEnd()), { passive: true });
    new ResizeObserver(() => wasAtEnd && (this.#log.scrollTop = this.#log.scrollHeight)).observe(this.#log);
    $("#form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#say.addEventListener("keydown", (event) => this.#key(event));
  }

  offer(sentences) {
    for (const [label, sentence] of sentences) {
      const button = make("button", { type: "button", title: sentence, text: label, on: { click: () => this.say(sentence) } });
      $("#ready").append(button);
    }
  }

  async say(text) {
    try {
      await post("/lab/say", { id: newId(), text });
    } catch (problem) {
      this.#complain(problem);
      if (!this.#say.value) this.#say.value = text; // nothing typed is lost
    }
  }

  #send() {
    const text = this.#say.value.trim();
    if (!text) return;
    this.#past.push(text);
    this.#back = this.#past.length;
    this.#say.value = "";
    this.say(text);
  }

  #key(event) {
    if (event.isComposing) return;
    const { value, selectionStart } = this.#say;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "ArrowUp" && (selectionStart === 0 || !value.includes("\n")) && this.#back > 0) {
      event.preventDefault();
      if (this.#back === this.#past.length) this.#draft = value; // there again at the end of the way down
      this.#say.value = this.#past[--this.#back];
    } else if (event.key === "ArrowDown" && this.#back < this.#past.length) {
      event.preventDefault();
      this.#say.value = this.#past[++this.#back] ?? this.#draft;
    }
  }

  #show(entry) {
    const id = `chat:${entry.id}`;
    const before = document.getElementById(id);
    const drawn = this.#drawn(entry, before);
    drawn.id = id;
    const atEnd = this.#isAtEnd();
    if (before) keepFocus(before, drawn);
    else this.#log.append(drawn);
    if (atEnd || entry.kind === "said") this.#log.scrollTop = this.#log.scrollHeight;
  }

  #isAtEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 80;
  }

  #drawn(entry, before) {
    switch (entry.kind) {
      case "said": return make("li", { class: "said", text: entry.body.text });
      case "pressed": return make("li", { class: "pressed", text: `You pressed “${entry.body.text}”` });
      case "audio": return audio(entry);
      case "card": return this.#card(entry.body, before);
      default: return this.#reply(entry.body);
    }
  }

  #reply(reply) {
    return make(
      "li",
      { class: `reply ${reply.kind}` },
      reply.private ? make("span", { class: "whisper", text: "Only you can see this" }) : null,
      make("p", { class: "words" }, ...marked(reply.text)),
      this.#buttons(reply.buttons),
    );
  }

  #card(card, before) {
    const wasOpen = before?.querySelector("details")?.open ?? false;
    const folded = PLANNED.includes(card.state) ? ASIDE.before : ASIDE.after;
    const [front, aside] = [[], []];
    for (const section of card.sections) (folded.includes(section.name) ? aside : front).push(section);
    const rest = aside.length
      ? make("details", { open: wasOpen }, make("summary", { text: "Details" }), ...aside.map((section) => list(section)))
      : null;
    return make(
      "li",
      { class: `card tone-${TONES[card.state] ?? "calm"}`, "data-state": card.state, "data-call": card.call },
      make("h3", { text: card.title }),
      ...front.map((section) => list(section)),
      rest,
      this.#buttons(card.buttons),
    );
  }

  // The same button pressed again within a moment is the same press; whoever takes it sees that by its id.
  #idOf(action) {
    const now = Date.now();
    const latest = this.#pressed.get(action);
    const press = latest && now - latest.at < SAME_PRESS ? latest : { id: newId(), at: now };
    this.#pressed.set(action, press);
    return press.id;
  }

  #buttons(buttons) {
    return make("div", { class: "buttons" }, ...buttons.map((button) => {
      const drawn = make("button", { type: "button", class: button.style || null, "data-action": button.action, text: button.label });
      drawn.addEventListener("click", async () => {
        drawn.setAttribute("aria-busy", "true");
        await post("/lab/press", { id: this.#idOf(button.action), action: button.action, label: button.label }).catch(this.#complain);
        drawn.removeAttribute("aria-busy");
      });
      return drawn;
    }));
  }
}

// A row of carets under a line points at some of its words: here they are marked, and what is said of them follows.
function marked(text) {
  const parts = [];
  for (const line of text.split("\n")) {
    const carets = /^( *)(\^+) ?(.*)$/.exec(line);
    const above = parts.at(-1);
    if (carets && above !== undefined) {
      const [from, to] = [carets[1].length, carets[1].length + carets[2].length];
      const words = make("span", { class: "pointed" }, above.text.slice(0, from), make("mark", { text: above.text.slice(from, to) }), above.text.slice(to));
      parts.splice(-1, 1, { text: above.text, shown: words }, { text: carets[3], shown: linked(carets[3]) });
    } else parts.push({ text: line, shown: linked(line) });
  }
  return parts.flatMap((part, n) => (n ? ["\n", part.shown] : [part.shown]));
}

function list(section) {
  return make("ul", { class: section.name }, ...section.lines.map((line) => make("li", {}, make("span", {}, linked(line)))));
}

function audio(entry) {
  const player = make("audio", { controls: true, preload: "none", src: `/lab/audio/${entry.id}`, "aria-label": entry.body.name });
  return make("li", { class: "reply" }, make("p", { class: "words", text: entry.body.name }), player);
}

// A card that changes under somebody's finger keeps the button that they are on.
function keepFocus(before, after) {
  const action = before.contains(document.activeElement) ? document.activeElement.dataset.action : null;
  const summary = before.contains(document.activeElement) && document.activeElement.tagName === "SUMMARY";
  before.replaceWith(after);
  const again = summary ? $("summary", after) : [...after.querySelectorAll("[data-action]")].find((each) => each.dataset.action === action);
  again?.focus({ preventScroll: true });
}
