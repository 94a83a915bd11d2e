// The microphone as a telephone hears it: 8 kHz, 16 bit, in quarters of a second, sent while one speaks, so that
// whoever hangs up, nothing said is lost.

import { post } from "./dom.js";

const RATE = 8000;
const PIECE = RATE / 4;

export class Microphone {
  #context;
  #stream;
  #sent = Promise.resolve();
  #waiting = [];
  #level;
  #path;
  #over = false;

  constructor(ref, level) {
    this.#path = `/lab/legs/${ref}/voice`;
    this.#level = level;
  }

  // Whether what is said now is sent.
  get hears() {
    return Boolean(this.#stream) && !this.#over;
  }

  // Raises a sentence where there is no microphone, or it may not be used. Whoever stops it while the browser
  // still asks has not started it.
  async start() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } });
      if (this.#over) return free(stream);
      this.#stream = stream;
      this.#context = new AudioContext({ sampleRate: RATE });
      await this.#context.audioWorklet.addModule(new URL("microphone-worklet.js", import.meta.url));
      if (this.#over) return;
      const ear = new AudioWorkletNode(this.#context, "ear");
      ear.port.onmessage = (event) => this.#hear(event.data);
      this.#context.createMediaStreamSource(stream).connect(ear);
    } catch (problem) {
      if (this.#over) return;
      const why = problem.name === "NotAllowedError" ? "This page may not use the microphone: allow it beside the address, or" : "The microphone cannot be used:";
      throw new Error(`${why} type the message instead.`, { cause: problem });
    }
  }

  // Everything said is sent; then the microphone is free. Harmless twice.
  async stop() {
    this.#over = true;
    free(this.#stream);
    this.#stream = null;
    if (this.#context?.state !== "closed") await this.#context?.close();
    this.#send(this.#waiting.splice(0));
    await this.#sent;
  }

  #hear(samples) {
    this.#level(Math.max(...samples.map(Math.abs)));
    for (const sample of samples) this.#waiting.push(sample);
    if (this.#waiting.length >= PIECE) this.#send(this.#waiting.splice(0));
  }

  #send(samples) {
    if (!samples.length) return;
    const pcm = new DataView(new ArrayBuffer(samples.length * 2));
    samples.forEach((sample, n) => pcm.setInt16(n * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
    // One after the other: what is said first arrives first. A recorder that has stopped wants no more.
    this.#sent = this.#sent.then(() => post(this.#path, pcm.buffer)).catch(() => {});
  }
}

function free(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
