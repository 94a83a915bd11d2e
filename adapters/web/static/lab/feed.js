// News from the server, through the worker that all pages share; directly where there are no such workers.

export function follow(store, isAway) {
  const take = ({ told, away }) => {
    if (told?.boot) store.take(told);
    if (away !== undefined) isAway(away);
  };
  if (typeof SharedWorker === "undefined") direct(take);
  else {
    const worker = new SharedWorker("/lab/feed-worker.js", { type: "module", name: "patchline-lab" });
    worker.onerror = () => direct(take);
    worker.port.onmessage = (event) => take(event.data);
    addEventListener("pagehide", () => worker.port.postMessage("bye"));
    addEventListener("pageshow", (event) => event.persisted && worker.port.postMessage("back")); // by the Back button
  }
}

function direct(take) {
  const events = new EventSource("/lab/events");
  events.onmessage = (event) => take({ told: JSON.parse(event.data), away: false });
  events.onopen = () => take({ away: false });
  events.onerror = () => take({ away: true });
}
