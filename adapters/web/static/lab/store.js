// What the server has told: things by key. Listeners are called for every change of a key with their prefix.

export class Store {
  #items = new Map();
  #listeners = [];
  #boot = null;
  #stale = new Set();

  on(prefix, listener) {
    this.#listeners.push([prefix, listener]);
  }

  get(key) {
    return this.#items.get(key);
  }

  all(prefix) {
    return [...this.#items].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value);
  }

  // `told`: {boot, items: [[key, value or null]]}. Another boot is another server: it tells everything again, and
  // what it has not told by the time it says `ready` is gone. What a snapshot does not hold is gone as well.
  take(told) {
    if (told.boot !== this.#boot || told.isAll) {
      this.#boot = told.boot;
      this.#stale = new Set(this.#items.keys());
      this.#stale.delete("ready");
    }
    for (const [key, value] of told.items) {
      this.#stale.delete(key);
      this.#set(key, value);
      if (key === "ready" && !told.isAll) this.#settle();
    }
    if (told.isAll) this.#settle();
  }

  #settle() {
    for (const key of this.#stale) this.#set(key, null);
    this.#stale.clear();
  }

  snapshot() {
    return { boot: this.#boot, items: [...this.#items].filter(([key]) => !this.#stale.has(key)), isAll: true };
  }

  #set(key, value) {
    if (value === null) this.#items.delete(key);
    else this.#items.set(key, value);
    for (const [prefix, listener] of this.#listeners) if (key.startsWith(prefix)) listener(value, key);
  }
}
