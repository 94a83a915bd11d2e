// What the server has told: things by key. Listeners are called for every change of a key with their prefix.

export class Store {
  #items = new Map();
  #listeners = [];
  #boot = null;

  on(prefix, listener) {
    this.#listeners.push([prefix, listener]);
  }

  get(key) {
    return this.#items.get(key);
  }

  all(prefix) {
    return [...this.#items].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value);
  }

  // `told`: {boot, items: [[key, value or null]]}. Another boot is another server: it tells everything again.
  take(told) {
    if (told.boot !== this.#boot) {
      const gone = [...this.#items.keys()].filter((key) => this.#boot !== null && !told.items.some(([known]) => known === key));
      this.#boot = told.boot;
      for (const key of gone) this.#set(key, null);
    }
    for (const [key, value] of told.items) this.#set(key, value);
  }

  snapshot() {
    return { boot: this.#boot, items: [...this.#items] };
  }

  #set(key, value) {
    if (value === null) this.#items.delete(key);
    else this.#items.set(key, value);
    for (const [prefix, listener] of this.#listeners) if (key.startsWith(prefix)) listener(value, key);
  }
}
