// One connection for all open pages of the lab: a browser allows six to one server, and each page wants its own
// besides. Pages get what is known when they come, and then every change.

import { Store } from "/static/lab/store.js";

const store = new Store();
const pages = new Set();
let away = false;

const events = new EventSource("/lab/events");
events.onmessage = (event) => {
  const told = JSON.parse(event.data);
  store.take(told);
  away = false;
  tell({ told });
};
events.onopen = () => tell({ away: (away = false) });
events.onerror = () => tell({ away: (away = true) });

function tell(what) {
  for (const page of pages) page.postMessage(what);
}

function welcome(page) {
  pages.add(page);
  page.postMessage({ told: store.snapshot(), away });
}

self.onconnect = (event) => {
  const page = event.ports[0];
  page.onmessage = ({ data }) => (data === "bye" ? pages.delete(page) : welcome(page));
  welcome(page);
};
