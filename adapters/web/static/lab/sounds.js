// What the phones sound like: ringing for the room, and what reaches an ear. Browsers allow sound only after a
// first click or key, so the context is woken by those.

export class Sounds {
  #context = null;
  #on = true;
  #ringing = null;
  #playing = new Map();

  constructor() {
    for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => this.#wake(), { passive: true });
  }

  get on() {
    return this.#on;
  }

  turn(on) {
    this.#on = on;
    if (on) this.#wake();
    else {
      this.ring(false);
      for (const ref of [...this.#playing.keys()]) this.silence(ref);
    }
  }

  // The bell of the room: two short tones, a pause.
  ring(on) {
    if (on && this.#on && this.#ringing === null) {
      const chime = () => [0, 0.45].forEach((at) => this.#tone([880, 1108], at, 0.35, 0.06));
      chime();
      this.#ringing = setInterval(chime, 2000);
    } else if (!on && this.#ringing !== null) {
      clearInterval(this.#ringing);
      this.#ringing = null;
    }
  }

  // `heard`: {kind, what, seconds}, at the ear of the leg `ref`. Speech is the browser's own voice.
  play(ref, heard) {
    if (!this.#on) return;
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
    if (this.#on && place >= 0) this.#tone([[697, 770, 852, 941][Math.floor(place / 3)], [1209, 1336, 1477][place % 3]], after, 0.16, 0.05);
  }

  #speak(ref, words) {
    if (!("speechSynthesis" in globalThis)) return;
    const speech = new SpeechSynthesisUtterance(words);
    speech.lang = "en-US";
    speechSynthesis.speak(speech);
    this.#playing.set(ref, () => speechSynthesis.cancel());
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
