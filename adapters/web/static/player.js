"use strict";
// A waveform to see and to seek in, speeds, and one big button; the browser's own player serves without us.
(() => {
  const box = document.getElementById("player");
  const audio = box?.querySelector("audio");
  if (!audio) return;

  const BARS = 140;
  const STEP = 5;
  const LEAP = 30;
  const SPEEDS = [1, 1.25, 1.5, 2];
  const LARGEST = 16 * 1024 * 1024; // decoded, an hour of speech is larger than a page should be
  const HEIGHT = 64;
  const SVG = "http://www.w3.org/2000/svg";

  const made = (name, attributes, space) => {
    const node = space ? document.createElementNS(space, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };

  // --- what there is to see ---------------------------------------------------------------------

  const play = made("button", { type: "button", class: "play", "aria-label": "Play" });
  const wave = made("div", {
    class: "wave", role: "slider", tabindex: "0", "aria-label": "Position",
    "aria-valuemin": "0", "aria-valuemax": "0", "aria-valuenow": "0",
  });
  const picture = made("svg", { viewBox: `0 0 ${BARS * 4} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, SVG);
  const clip = made("clipPath", { id: "played" }, SVG);
  const done = made("rect", { x: 0, y: 0, width: 0, height: HEIGHT }, SVG);
  const rest = made("path", { class: "rest", d: "" }, SVG);
  const heard = made("path", { class: "heard", d: "", "clip-path": "url(#played)" }, SVG);
  const needle = made("line", { class: "needle", x1: 0, x2: 0, y1: 0, y2: HEIGHT }, SVG);
  clip.append(done);
  picture.append(clip, rest, heard, needle);
  wave.append(picture);

  const clock = made("p", { class: "clock" });
  const speeds = made("div", { class: "speeds", role: "group", "aria-label": "Speed" });
  for (const speed of SPEEDS) {
    const button = made("button", { type: "button", "aria-pressed": String(speed === 1), "data-speed": speed });
    button.textContent = `${speed}×`;
    speeds.append(button);
  }
  const row = made("div", { class: "row" });
  row.append(clock, speeds);
  const front = made("div", { class: "front" });
  front.append(play, wave);

  function icon() {
    const name = audio.paused ? "Play" : "Pause";
    play.setAttribute("aria-label", name);
    const shape = audio.paused ? "M9 6.5v15l13-7.5z" : "M9 7h4v14H9zM15.500 7h4v14h-4z";
    const drawing = made("svg", { viewBox: "0 0 28 28", "aria-hidden": "true" }, SVG);
    drawing.append(made("path", { d: shape }, SVG));
    play.replaceChildren(drawing);
  }

  // --- time -------------------------------------------------------------------------------------

  let length = 0;
  const spoken = (seconds) => {
    const whole = Math.floor(seconds);
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const tail = `${String(rest).padStart(2, "0")}`;
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
  };

  function show() {
    const at = Math.min(audio.currentTime, length || audio.currentTime);
    const share = length ? at / length : 0;
    done.setAttribute("width", share * BARS * 4);
    for (const end of ["x1", "x2"]) needle.setAttribute(end, share * BARS * 4);
    wave.setAttribute("aria-valuemax", length.toFixed(1));
    wave.setAttribute("aria-valuenow", at.toFixed(1));
    const words = `${spoken(at)} of ${spoken(Math.max(length, at))}`;
    wave.setAttribute("aria-valuetext", words);
    clock.textContent = words.replace(" of ", " / ");
  }

  function seek(seconds) {
    audio.currentTime = Math.min(Math.max(0, seconds), length);
    show();
  }

  function measured(seconds) {
    if (Number.isFinite(seconds) && seconds > 0) length = seconds;
    show();
  }

  let frame = 0;
  const follow = () => {
    show();
    frame = audio.paused ? 0 : requestAnimationFrame(follow);
  };

  // --- the waveform -----------------------------------------------------------------------------

  function draw(loudest) {
    const top = Math.max(...loudest, 0.01);
    const path = loudest.map((peak, n) => {
      const high = Math.max(2, (peak / top) * (HEIGHT - 8));
      return `M${n * 4 + 1} ${((HEIGHT - high) / 2).toFixed(1)}h2v${high.toFixed(1)}h-2z`;
    });
    for (const each of [rest, heard]) each.setAttribute("d", path.join(""));
  }

  function peaks(samples) {
    const width = Math.max(1, Math.floor(samples.length / BARS));
    return Array.from({ length: BARS }, (_, n) => {
      let peak = 0;
      for (let i = n * width; i < Math.min((n + 1) * width, samples.length); i += 1) {
        peak = Math.max(peak, Math.abs(samples[i]));
      }
      return peak;
    });
  }

  async function look() {
    if (Number(box.dataset.size) > LARGEST) return;
    try {
      const answer = await fetch(audio.src);
      const decoder = new OfflineAudioContext(1, 1, 8000);
      const sound = await decoder.decodeAudioData(await answer.arrayBuffer());
      draw(peaks(sound.getChannelData(0)));
      measured(sound.duration);
      box.dataset.drawn = "true";
    } catch {
      // The line stays flat; the sound plays all the same.
    }
  }

  // --- hands ------------------------------------------------------------------------------------

  const toggle = () => (audio.paused ? audio.play().catch(() => {}) : audio.pause());
  const at = (event) => {
    const { left, width } = wave.getBoundingClientRect();
    return ((event.clientX - left) / width) * length;
  };

  play.addEventListener("click", toggle);
  wave.addEventListener("pointerdown", (event) => {
    wave.setPointerCapture(event.pointerId);
    seek(at(event));
  });
  wave.addEventListener("pointermove", (event) => {
    if (wave.hasPointerCapture(event.pointerId)) seek(at(event));
  });
  const KEYS = {
    ArrowLeft: () => audio.currentTime - STEP, ArrowDown: () => audio.currentTime - STEP,
    ArrowRight: () => audio.currentTime + STEP, ArrowUp: () => audio.currentTime + STEP,
    PageDown: () => audio.currentTime - LEAP, PageUp: () => audio.currentTime + LEAP,
    Home: () => 0, End: () => length,
  };
  wave.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") toggle();
    else if (KEYS[event.key]) seek(KEYS[event.key]());
    else return;
    event.preventDefault();
  });
  speeds.addEventListener("click", (event) => {
    const chosen = event.target.closest("button");
    if (!chosen) return;
    audio.playbackRate = Number(chosen.dataset.speed);
    for (const each of speeds.children) each.setAttribute("aria-pressed", String(each === chosen));
  });
  for (const name of ["play", "pause", "ended"]) {
    audio.addEventListener(name, () => {
      icon();
      if (!frame) follow();
    });
  }
  for (const name of ["loadedmetadata", "durationchange"]) {
    audio.addEventListener(name, () => measured(audio.duration));
  }
  audio.addEventListener("timeupdate", show);

  audio.removeAttribute("controls");
  box.prepend(front, row);
  box.classList.add("ready");
  icon();
  draw(Array(BARS).fill(0));
  measured(audio.duration);
  look();
})();

// Buttons: sent without leaving the page, which then shows what became of it.
(() => {
  const LOOKS = [200, 500, 1000, 2000, 4000];
  const say = (words) => {
    document.getElementById("status").textContent = words;
  };

  async function look() {
    const answer = await fetch(location.pathname, { cache: "no-store" }).catch(() => null);
    if (answer && answer.status === 404) return location.reload();
    if (!answer || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const deeds = document.getElementById("deeds");
    const said = document.getElementById("status").textContent;
    const was = deeds.querySelectorAll("button").length;
    const next = fresh.getElementById("deeds");
    if (next && next.querySelectorAll("button").length !== was) {
      deeds.replaceChildren(...next.childNodes);
      say(said);
    }
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches(".deeds")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      const taken = answer.type === "opaqueredirect";
      say(taken ? "Sent. The answer comes in your chat." : "That was not taken. Load this page again.");
    } catch {
      say("No connection to Patchline: nothing was sent.");
    }
    LOOKS.forEach((pause) => setTimeout(look, pause));
  });
})();
