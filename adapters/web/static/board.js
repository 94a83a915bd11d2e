"use strict";
// Keeps a page fresh: whatever stands in `data-live` is fetched again every two seconds and put in its place
// when it has changed. Focus and scroll stay where they are; nothing moves while a button is held down.
(() => {
  const region = document.querySelector("[data-live]");
  const status = document.getElementById("status");
  const heard = document.getElementById("heard");
  document.body.classList.toggle("framed", window.parent !== window);
  if (!region || !window.fetch) return;

  const EVERY = 2000;
  const SEEN_FOR = 8000;
  const AFTER_A_PRESS = [150, 400, 1000];
  let tag = null;
  let holding = false;
  let lost = false;
  let underWay = null;

  // Seen for a while, and read out.
  const say = (words) => {
    if (!status || status.textContent === words) return;
    status.textContent = words;
    if (words) setTimeout(() => status.textContent === words && say(""), SEEN_FOR);
  };

  const news = () => region.querySelector("[data-news]")?.textContent.trim() ?? "";

  function swap(html) {
    const before = news();
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    region.replaceChildren(...fresh.childNodes);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    if (heard && news() !== before) heard.textContent = news();
  }

  async function look() {
    try {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(region.dataset.live, { headers, cache: "no-store" });
      if (answer.status === 401 || answer.status === 403) return location.reload();
      if (answer.status === 200) {
        const html = await answer.text();
        if (holding) return;
        tag = answer.headers.get("ETag");
        swap(html);
      }
      if (lost && answer.ok) say("Connected again.");
      lost = !(answer.ok || answer.status === 304);
    } catch {
      lost = true;
    }
    if (lost) say("No connection to Patchline: this page shows how things were.");
  }

  function refresh() {
    underWay ??= look().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  async function press(form, button) {
    button.disabled = true;
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      const taken = answer.type === "opaqueredirect";
      say(taken ? "Sent. The answer comes in your chat." : "That was not taken. Load this page again.");
    } catch {
      say("No connection to Patchline: nothing was sent.");
    }
    button.disabled = false;
    button.focus({ preventScroll: true });
    AFTER_A_PRESS.forEach((pause) => setTimeout(refresh, pause));
  }

  document.addEventListener("pointerdown", () => (holding = true));
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => setTimeout(() => (holding = false)));
  }
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-press]")) return;
    event.preventDefault();
    press(event.target, event.submitter);
  });
  // The player is a page of its own: it does not stand in anybody's frame.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.listen");
    if (link && document.body.classList.contains("framed")) link.target = "_blank";
  });
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  setInterval(() => document.hidden || holding || refresh(), EVERY);
})();
