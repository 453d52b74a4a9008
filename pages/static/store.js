// What this tab keeps of a table over a reload: for the account that typed it, and no other.

export class Store {
  constructor(table, account) {
    this.prefix = `zongfen:${account}:${table}:`;
  }

  get(name) {
    try {
      return JSON.parse(sessionStorage.getItem(this.prefix + name));
    } catch {
      return null;
    }
  }

  // Null keeps nothing.
  set(name, value) {
    try {
      if (value === null) sessionStorage.removeItem(this.prefix + name);
      else sessionStorage.setItem(this.prefix + name, JSON.stringify(value));
    } catch {
      // A full or forbidden storage loses the copy for a reload, not what is on screen.
    }
  }
}
