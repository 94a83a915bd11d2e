// What the phones sound like: ringing for the room, and what reaches an ear. Browsers allow sound only after a
// first click or key, so the context is woken by those. Of several open pages, the one last used sounds for all.

const LOCK = "patchline-lab-sounds";

export class Sounds {
  #context = null;
  #on = true;
  #isOurs = !navigator.locks;
  #queueing = null;
  #latest = null;
  #rings = false;
  #chiming = null;
  #playing = new Map();
  #unsaid = new Map();

  constructor() {
    for (const event of ["pointerdown", "keydown"]) {
      addEventListener(event, () => {
        this.#wake();
        this.#take();
      }, { passive: true });
    }
    addEventListener("focus", () => this.#take());
    if (document.hidden) this.#queue();
    else this.#take();
  }

  get on() {
    return this.#on;
  }

  turn(on) {
    this.#on = on;
    if (on) this.#wake();
    this.#changed();
  }

  // The bell of the room: two short tones, a pause.
  ring(on) {
    this.#rings = on;
    this.#changed();
  }

  get #isHeard() {
    return this.#on && this.#isOurs;
  }

  #changed() {
    const chimes = this.#rings && this.#isHeard;
    if (chimes && this.#chiming === null) {
      const chime = () => [0, 0.45].forEach((at) => this.#tone([880, 1108], at, 0.35, 0.06));
      chime();
      this.#chiming = setInterval(chime, 2000);
    } else if (!chimes) {
      clearInterval(this.#chiming);
      this.#chiming = null;
    }
    if (!this.#isHeard) for (const ref of [...this.#playing.keys()]) this.silence(ref);
  }

  // --- which page sounds ------------------------------------------------------------------------

  // From whichever page has it.
  #take() {
    if (this.#isOurs) return;
    this.#queueing?.abort();
    this.#hold({ steal: true });
  }

  // When the page that has it goes.
  #queue() {
    this.#queueing = new AbortController();
    this.#hold({ signal: this.#queueing.signal });
  }

  #hold(how) {
    this.#latest = how;
    const becomes = (isOurs) => {
      if (this.#latest !== how) return undefined; // asked for once more since
      this.#isOurs = isOurs;
      this.#changed();
      return isOurs ? new Promise(() => {}) : this.#queue(); // until the page goes, or another takes it
    };
    navigator.locks?.request(LOCK, how, () => becomes(true)).catch(() => becomes(false));
  }

  // --- one ear ----------------------------------------------------------------------------------

  // `heard`: {kind, what, seconds}, at the ear of the leg `ref`. Speech is the browser's own voice.
  play(ref, heard) {
    if (!this.#isHeard) return;
    this.silence(ref);
    switch (heard.kind) {
      case "speech": return this.#speak(ref, heard.what);
      case "file": return this.#file(ref, heard.what);
      case "music": return /^https?:/.test(heard.what) ? this.#file(ref, heard.what, true) : this.#file(ref, "/lab/sounds/waiting.wav", true);
      case "ring tone": return this.#repeat(ref, () => this.#tone([425], 0, 1, 0.03), 4000);
      case "beep": return this.#tone([1000], 0, 0.4, 0.08);
      case "tone": return this.#tone([660], 0, 0.15, 0.05);
      case "digits": return [...heard.what.replace(/^digits /, "")].forEach((digit, n) => /[0-9*#]/.test(digit) && this.key(digit, n * 0.25));
      default: return undefined;
    }
  }

  // Whatever sounds at that ear stops.
  silence(ref) {
    this.#playing.get(ref)?.();
    this.#playing.delete(ref);
  }

  key(digit, after = 0) {
    const place = "123456789*0#".indexOf(digit);
    if (this.#isHeard && place >= 0) this.#tone([[697, 770, 852, 941][Math.floor(place / 3)], [1209, 1336, 1477][place % 3]], after, 0.16, 0.05);
  }

  #speak(ref, words) {
    if (!("speechSynthesis" in globalThis)) return;
    const speech = new SpeechSynthesisUtterance(words);
    speech.lang = "en-US";
    speech.onend = speech.onerror = () => this.#unsaid.delete(speech);
    this.#unsaid.set(speech, ref);
    speechSynthesis.speak(speech);
    this.#playing.set(ref, () => this.#hush(ref));
  }

  // The browser has one voice for all ears: what others still have to hear is said again.
  #hush(ref) {
    const unsaid = [...this.#unsaid];
    if (!unsaid.some(([, each]) => each === ref)) return;
    this.#unsaid.clear();
    speechSynthesis.cancel();
    for (const [speech, each] of unsaid) if (each !== ref) this.#speak(each, speech.text);
  }

  #file(ref, url, loops = false) {
    const sound = new Audio(url);
    sound.loop = loops;
    sound.play().catch(() => {}); // a file that cannot be had is silent, as on a phone
    this.#playing.set(ref, () => sound.pause());
  }

  #repeat(ref, sound, pause) {
    sound();
    const timer = setInterval(sound, pause);
    this.#playing.set(ref, () => clearInterval(timer));
  }

  #wake() {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") this.#context.resume();
  }

  #tone(hertz, after, seconds, loudness) {
    const context = this.#context;
    if (context === null || context.state !== "running") return;
    const from = context.currentTime + after;
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(loudness, from + 0.02);
    volume.gain.setValueAtTime(loudness, from + seconds - 0.03);
    volume.gain.linearRampToValueAtTime(0, from + seconds);
    volume.connect(context.destination);
    for (const frequency of hertz) {
      const wave = new OscillatorNode(context, { frequency });
      wave.connect(volume);
      wave.start(from);
      wave.stop(from + seconds + 0.05);
    }
  }
}
