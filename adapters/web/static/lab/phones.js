// The phones: each rings, is answered, keyed and hung up, and shows what its ear hears.

import { $, make, post } from "./dom.js";
import { Microphone } from "./microphone.js";

const IDLE = {
  person: "Waits for you to answer.",
  mailbox: "Its mailbox answers after 12 s.",
  screening: "Asks who is calling before it rings.",
  busy: "Always busy.",
  unallocated: "This number does not exist.",
};
const STATES = { dialling: "Calling …", ringing: "Ringing", screening: "Asks who is calling", talking: "On the line", ended: "Call ended" };
const PROMPT = /\bpress (\d|star|hash|#|\*)/i;
const KEYS = [..."123456789*0#"];
const SHOWN_HEARD = 2;
const ENDED_FOR = 12_000;
const FRESH = 4_000;

export class Phones {
  #store;
  #clock;
  #sounds;
  #complain;
  #recordings = new Map();
  #padsOpen = new Map();
  #played = new Map();
  #waiting = false;

  constructor(store, clock, sounds, complain) {
    this.#store = store;
    this.#clock = clock;
    this.#sounds = sounds;
    this.#complain = complain;
    store.on("phone:", () => this.#soon());
    store.on("leg:", (leg) => {
      if (leg) this.#listen(leg);
      this.#soon();
    });
    setInterval(() => this.#tick(), 250);
    $("#stranger").addEventListener("click", () => this.#dial(null));
    this.#adding();
  }

  // Many changes that come together are drawn once.
  #soon() {
    if (this.#waiting) return;
    this.#waiting = true;
    queueMicrotask(() => {
      this.#waiting = false;
      this.#draw();
    });
  }

  #legsOf(number) {
    const legs = this.#store.all("leg:").filter((leg) => leg.at.number === number);
    const live = legs.filter((leg) => !leg.ended);
    if (live.length) return live;
    return legs.filter((leg) => this.#clock.now() - Date.parse(leg.ended) < ENDED_FOR).slice(-1);
  }

  // Phones that are known, and whoever else is being rung.
  #phones() {
    const known = this.#store.all("phone:");
    const numbers = new Set(known.map((phone) => phone.number));
    const others = this.#store.all("leg:").filter((leg) => !leg.ended && leg.at.number && !numbers.has(leg.at.number));
    const guests = new Map(others.map((leg) => [leg.at.number, { name: leg.at.words, number: leg.at.number, words: "", kind: "person" }]));
    return [...known, ...guests.values()];
  }

  #draw() {
    const place = $("#handsets");
    const phones = this.#phones();
    for (const handset of [...place.children]) if (!phones.some((phone) => phone.number === handset.dataset.number)) handset.remove();
    for (const phone of phones) {
      let handset = [...place.children].find((each) => each.dataset.number === phone.number);
      if (!handset) place.append((handset = this.#handset(phone)));
      this.#update(handset, phone);
    }
    this.#count();
  }

  #handset(phone) {
    const handset = $("#handset").content.firstElementChild.cloneNode(true);
    handset.dataset.number = phone.number;
    $(".dial", handset).addEventListener("click", () => this.#dial(phone.number));
    return handset;
  }

  #update(handset, phone) {
    $("h3", handset).textContent = phone.name;
    $(".number", handset).textContent = phone.words;
    handset.setAttribute("aria-label", `${phone.name}’s phone`);
    const legs = this.#legsOf(phone.number);
    handset.classList.toggle("rings", legs.some((leg) => leg.phase === "ringing" && !leg.inbound));
    handset.classList.toggle("busy", legs.some((leg) => leg.phase !== "ended"));
    const calls = $(".calls", handset);
    calls.dataset.idle = IDLE[phone.kind] ?? "";
    for (const call of [...calls.children]) if (!legs.some((leg) => leg.ref === call.dataset.ref)) call.remove();
    for (const leg of legs) {
      const before = [...calls.children].find((each) => each.dataset.ref === leg.ref);
      const looks = JSON.stringify([leg.phase, leg.ended, leg.answered, leg.caller, leg.reason, leg.others, leg.heard, leg.recorder, leg.microphone, leg.muted, leg.held]);
      if (before?.looks === looks) continue;
      const isNew = before?.dataset.phase !== leg.phase || Boolean(leg.recorder) !== Boolean($(".recorder", before));
      const kept = before && underFingers(before); // before the recorder is taken over, which blurs it
      const call = this.#call(leg, phone, before);
      call.looks = looks;
      if (before) replaced(before, call, kept);
      else calls.append(call);
      // What wants an answer comes into view.
      if (isNew && !leg.ended) handset.scrollIntoView({ block: "nearest" });
    }
  }

  #call(leg, phone, before) {
    const others = leg.others.map((other) => this.#named(other)).join(", ");
    const who = leg.inbound ? this.#weCalled(leg, others) : others || this.#named(leg.caller);
    const buttons = make("div", { class: "keys" }, ...this.#buttons(leg));
    return make(
      "section",
      { class: `call ${leg.phase}`, "data-ref": leg.ref, "data-phase": leg.phase },
      make("p", { class: "state", role: "status" }, make("span", { text: stateWords(leg) }), make("span", { class: "timer" })),
      make("p", { class: "who", text: who }),
      leg.reason && leg.phase === "screening" ? make("p", { class: "reason", text: `“${leg.reason}”` }) : null,
      heardList(leg, phone),
      leg.recorder ? ($(".recorder", before ?? document.createElement("p")) ?? this.#recorder(leg)) : null,
      buttons,
      this.#hasPad(leg) ? this.#pad(leg) : null,
    );
  }

  #weCalled(leg, others) {
    return others ? `Talking to ${others}` : "Patchline’s number";
  }

  #named(other) {
    return this.#store.get(`phone:${other.number}`)?.name ?? other.words;
  }

  #buttons(leg) {
    const button = (words, kind, deed) => make("button", { type: "button", class: kind, "data-deed": kind, text: words, on: { click: deed } });
    const hand = (deed) => () => this.#do(leg.ref, deed);
    if (leg.ended) return [];
    if ((leg.phase === "ringing" || (leg.phase === "screening" && leg.reason)) && !leg.inbound) {
      return [button("Answer", "answer", hand("answer")), button("Decline", "decline", hand("decline"))];
    }
    if (leg.phase === "talking" || leg.inbound) {
      const open = this.#hasPad(leg);
      const keys = button("Keypad", "keypad", () => this.#turnPad(leg, !open));
      keys.setAttribute("aria-expanded", String(open));
      const mute = button(leg.microphone ? "Mute" : "Unmute", "mute", () => this.#send(`/lab/legs/${leg.ref}/microphone`, { on: !leg.microphone }));
      mute.setAttribute("aria-pressed", String(!leg.microphone));
      return [...(leg.phase === "talking" ? [keys, mute] : []), button("Hang up", "hang-up", () => this.#hangUp(leg.ref))];
    }
    return [];
  }

  #pad(leg) {
    const keys = KEYS.map((digit) => make("button", { type: "button", "data-key": digit, text: digit, on: { click: () => this.#key(leg.ref, digit) } }));
    return make("div", { class: "pad", role: "group", "aria-label": "Keypad" }, ...keys);
  }

  #recorder(leg) {
    const words = make("textarea", { "aria-label": "Your message", placeholder: "Type a message; it will be spoken.", maxlength: "500" });
    const meter = make("meter", { min: "0", max: "1", "aria-label": "Level", hidden: true });
    const speak = make("button", { type: "button", class: "primary speak", text: "Say it" });
    const record = make("button", { type: "button", class: "record", text: "Use the microphone" });
    speak.addEventListener("click", () => this.#speak(leg.ref, words));
    record.addEventListener("click", () => this.#record(leg.ref, record, meter));
    return make(
      "div",
      { class: "recorder", role: "group", "aria-label": "Leave a message" },
      make("p", { text: "Your message is being recorded. # or hanging up ends it." }),
      this.#store.get("server")?.speaks === false
        ? make("p", { class: "small", text: "Without espeak-ng on this machine, typed words become a tune." })
        : null,
      words,
      meter,
      make("div", { class: "row" }, speak, record),
    );
  }

  // What is typed is said once; what could not be said stands there again.
  async #speak(ref, words) {
    const text = words?.value.trim();
    if (!text) return;
    words.value = "";
    try {
      await post(`/lab/legs/${ref}/speech`, { text });
    } catch (problem) {
      words.value ||= text;
      this.#complain(problem);
    }
  }

  async #record(ref, button, meter) {
    const running = this.#recordings.get(ref);
    if (running) {
      if (!running.hears) return; // the browser still asks whether it may
      await this.#stopRecording(ref);
      await this.#key(ref, "#");
      return;
    }
    const microphone = new Microphone(ref, (level) => (meter.value = level));
    this.#recordings.set(ref, microphone);
    try {
      await microphone.start();
      meter.hidden = !microphone.hears;
      if (microphone.hears) button.textContent = "Done (#)";
    } catch (problem) {
      await this.#stopRecording(ref);
      this.#complain(problem);
    }
  }

  async #stopRecording(ref) {
    const microphone = this.#recordings.get(ref);
    this.#recordings.delete(ref);
    await microphone?.stop();
  }

  async #hangUp(ref) {
    await this.#stopRecording(ref); // first what was said or typed, then the receiver
    await this.#speak(ref, $(`.call[data-ref="${ref}"] .recorder textarea`));
    return this.#do(ref, "hang-up");
  }

  // As somebody has turned it; else there while a key is asked for.
  #hasPad(leg) {
    return leg.phase === "talking" && (this.#padsOpen.get(leg.ref) ?? isAsked(leg));
  }

  #turnPad(leg, open) {
    this.#padsOpen.set(leg.ref, open);
    for (const call of document.querySelectorAll(".call")) if (call.dataset.ref === leg.ref) call.looks = null;
    this.#draw();
  }

  #key(ref, digit) {
    this.#sounds.key(digit);
    return this.#send(`/lab/legs/${ref}/keys`, { digits: digit });
  }

  #do(ref, deed) {
    return this.#send(`/lab/legs/${ref}/${deed}`);
  }

  #send(path, body) {
    return post(path, body).catch(this.#complain);
  }

  #dial(from) {
    const [ours] = this.#store.get("ours") ?? [];
    if (ours) this.#send("/lab/calls", { from, to: ours.number });
    else this.#complain(new Error("There is no number of ours to call yet. Say: rent a number in the US"));
  }

  // --- what is heard ---------------------------------------------------------------------------

  // Only what is new while this page looks on; a page that has just been opened repeats nothing.
  #listen(leg) {
    const known = this.#played.get(leg.ref) ?? leg.heard.findLastIndex((each) => this.#clock.now() - Date.parse(each.at) > FRESH * Math.max(1, this.#clock.speed)) + 1;
    this.#played.set(leg.ref, leg.heard.length);
    if (leg.ended || leg.phase === "ended") { // over, perhaps a moment before it is known since when
      this.#sounds.silence(leg.ref);
      this.#stopRecording(leg.ref);
      return;
    }
    if (!leg.recorder) this.#stopRecording(leg.ref);
    for (const heard of leg.heard.slice(known)) {
      if (heard.kind === "silence") this.#sounds.silence(leg.ref);
      else if (leg.byHand) this.#sounds.play(leg.ref, heard);
    }
  }

  #tick() {
    for (const call of document.querySelectorAll(".call")) {
      const leg = this.#store.get(`leg:${call.dataset.ref}`);
      if (!leg) continue;
      const from = leg.answered ?? leg.opened;
      const until = leg.ended ? Date.parse(leg.ended) : this.#clock.now();
      const timer = $(".timer", call);
      const words = leg.answered || !leg.ended ? length((until - Date.parse(from)) / 1000) : "";
      if (timer.textContent !== words) timer.textContent = words;
      if (leg.ended && this.#clock.now() - Date.parse(leg.ended) > ENDED_FOR) this.#soon();
    }
  }

  #count() {
    const ringing = this.#store.all("leg:").filter((leg) => leg.phase === "ringing" && !leg.inbound && !leg.ended);
    this.#sounds.ring(ringing.length > 0);
    $("#ringing").hidden = !ringing.length;
    $("#ringing").textContent = ringing.length;
    const words = ringing.map((leg) => `${this.#named(leg.at)}’s phone is ringing: ${this.#named(leg.caller)}.`).join(" ");
    if ($("#announcer").textContent !== words) $("#announcer").textContent = words;
    document.title = ringing.length ? `(${ringing.length}) Ringing · Patchline` : "Phone lab · Patchline";
  }

  // --- one more phone --------------------------------------------------------------------------

  #adding() {
    const [form, more] = [$("#add"), $("#more")];
    more.addEventListener("click", () => {
      form.hidden = !form.hidden;
      more.setAttribute("aria-expanded", String(!form.hidden));
      if (!form.hidden) form.elements.name.focus();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const { name, number, kind } = Object.fromEntries(new FormData(form));
      try {
        await post("/lab/phones", { id: crypto.randomUUID(), name, number, kind });
        form.reset();
        form.hidden = true;
        more.setAttribute("aria-expanded", "false");
        more.focus();
        $(".problem", form).textContent = "";
      } catch (problem) {
        $(".problem", form).textContent = problem.message;
      }
    });
  }
}

function stateWords(leg) {
  if (leg.phase === "ended") return leg.answered ? "Call ended" : leg.cause === "CALL_REJECTED" ? "Declined" : "Missed call";
  if (leg.held) return "On hold";
  if (leg.inbound && leg.phase === "ringing") return "Calling …";
  return (leg.muted ? "On the line, muted" : STATES[leg.phase]) ?? leg.phase;
}

function heardList(leg, phone) {
  const heard = sounding(leg).slice(-SHOWN_HEARD);
  if (!heard.length || leg.ended) return null;
  const lines = heard.map((each) => make("li", { class: each.kind.replace(" ", "-"), text: heardWords(each) }));
  return make("ul", { class: "heard", "aria-label": `What ${phone.name} hears` }, ...lines);
}

// What was heard since it last became quiet there.
function sounding(leg) {
  return leg.heard.slice(leg.heard.findLastIndex((each) => each.kind === "silence") + 1);
}

function heardWords(heard) {
  switch (heard.kind) {
    case "speech": return `“${heard.what}”`;
    case "file": return `♪ ${fileName(heard.what)}`;
    case "music": return "♪ music";
    case "tone": return "somebody joined";
    default: return heard.what;
  }
}

// The last part of an address; as it is written, where that cannot be read as percent signs and digits.
function fileName(url) {
  const name = url.split("/").pop();
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

// Whoever is asked to press a key has the keys before them.
function isAsked(leg) {
  const last = sounding(leg).at(-1);
  return leg.phase === "talking" && !leg.others.length && last?.kind === "speech" && PROMPT.test(last.what);
}

function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// What somebody is typing or pressing stays under their fingers.
function underFingers(call) {
  const element = call.contains(document.activeElement) ? document.activeElement : null;
  return element && { element, deed: element.dataset.deed, key: element.dataset.key, selection: [element.selectionStart, element.selectionEnd] };
}

function replaced(before, after, kept) {
  before.replaceWith(after);
  if (!kept) return;
  if (after.contains(kept.element)) {
    kept.element.focus({ preventScroll: true });
    if (kept.element.tagName === "TEXTAREA") kept.element.setSelectionRange(...kept.selection);
    return;
  }
  const again = [...after.querySelectorAll("button")].find((each) => (kept.key ? each.dataset.key === kept.key : each.dataset.deed === kept.deed));
  // Answer has gone with the answer: on to what can be done next on this phone.
  const next = again ?? $("button", after) ?? $(".dial", after.closest(".handset"));
  next?.focus({ preventScroll: true });
}
