// Building and asking. Text is always set as text: what people are called or say is never mark-up.

export const $ = (selector, within = document) => within.querySelector(selector);

export function make(tag, about = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g;

// The words, with the addresses among them as links.
export function linked(words) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const found of words.matchAll(LINK)) {
    parts.append(words.slice(from, found.index));
    parts.append(make("a", { href: found[0], target: "_blank", rel: "noopener noreferrer", text: found[0] }));
    from = found.index + found[0].length;
  }
  parts.append(words.slice(from));
  return parts;
}

export const newId = () => crypto.randomUUID();

// Raises an Error whose message is a sentence for people.
export async function post(path, body = {}) {
  const isBytes = body instanceof ArrayBuffer;
  const request = {
    method: "POST",
    headers: { "Content-Type": isBytes ? "application/octet-stream" : "application/json" },
    body: isBytes ? body : JSON.stringify(body),
  };
  const answer = await sent(path, request);
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.problem ?? "That did not work. Try again in a moment.");
  return said;
}

// A server that is being started again refuses or drops what is under way; ids make a repeat harmless.
async function sent(path, request) {
  for (let tries = 0; ; tries++) {
    try {
      return await fetch(path, request);
    } catch (problem) {
      if (tries === 4) throw new Error("The server does not answer. Try again in a moment.", { cause: problem });
      await new Promise((resolve) => setTimeout(resolve, 500 * (tries + 1)));
    }
  }
}
