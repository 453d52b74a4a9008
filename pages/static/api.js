// What the grid asks of the server, and how a failure is told apart: out of reach (try again) or refused (do not).

export class Unreachable extends Error {}

export class Refused extends Error {
  constructor(status, answer) {
    super(answer?.error ?? String(status));
    this.status = status;
    this.answer = answer ?? {};
  }
}

const root = () => (window.path_prefix ?? "") + "/api/v1";

export async function ask(method, path, body) {
  // A plain GET is what the page's head has preloaded (pages/grid.py); with a header of ours it would be another one.
  const told = method === "GET" ? {} : { "X-Zongfen": "1", ...(body && { "Content-Type": "application/json" }) };
  let response;
  try {
    // What is kept while the page is being left still arrives.
    const keepalive = method === "PUT";
    response = await fetch(root() + path, { method, headers: told, keepalive, body: body && JSON.stringify(body) });
  } catch (fault) {
    throw new Unreachable(fault.message);
  }
  if (response.ok) return response.json();
  if (response.status >= 500) throw new Unreachable(String(response.status));
  throw new Refused(response.status, await response.json().catch(() => undefined));
}

const IDS = 200; // rows asked for by id at once
const part = encodeURIComponent;

// A row as the grid holds it: the record's values apart from what is said about them.
const row = (values, about) => ({ id: values.id, values, about: about ?? {} });
const rows = (answer) => answer.rows.map((values, index) => row(values, answer.about?.[index] ?? values.about));

export class Api {
  constructor(table) {
    this.path = `/tables/${part(table)}`;
  }

  about() {
    return ask("GET", `${this.path}/about`);
  }

  // A block: {rows, total, version}. `asked` holds where, sort and q as the address has them.
  async page(asked, offset, limit) {
    const query = new URLSearchParams([["limit", limit], ["cursor", offset], ["about", 1], ...asked]);
    const answer = await ask("GET", `${this.path}?${query}`);
    return { rows: rows(answer), total: answer.total, version: answer.version };
  }

  // [place, field, state] of the marked cells of a whole answer, whether its rows are held or not.
  async marked(asked) {
    return (await ask("GET", `${this.path}/marked?${new URLSearchParams(asked)}`)).marked;
  }

  // {rows, version} of these rows alone; those that are gone, or no longer this person's to see, are left out.
  async rows(ids) {
    const parts = [];
    for (let at = 0; at < ids.length; at += IDS) parts.push(ids.slice(at, at + IDS));
    const answers = await Promise.all(parts.map((some) =>
      ask("GET", `${this.path}?${new URLSearchParams({ ids: some.join(","), about: 1, limit: some.length })}`)));
    return { rows: answers.flatMap(rows), version: Math.min(...answers.map((answer) => answer.version)) };
  }

  async cells(changes, origin) {
    const answer = await ask("POST", `${this.path}/cells`, { changes, origin });
    return { ...answer, rows: rows(answer) };
  }

  addMany(rows, origin) {
    return ask("POST", `${this.path}/additions`, { rows, origin });
  }

  remove(ids) {
    return ask("POST", `${this.path}/deletions`, { rows: ids });
  }

  see(id) {
    return ask("POST", `${this.path}/rows/${part(id)}/seen`);
  }

  // ---- columns and views

  keepLayout(view, columns) {
    return ask("PUT", `${this.path}/layout`, { view, columns });
  }

  addView(view) {
    return ask("POST", `${this.path}/views`, view);
  }

  keepView(id, view) {
    return ask("PUT", `${this.path}/views/${part(id)}`, view);
  }

  dropView(id) {
    return ask("DELETE", `${this.path}/views/${part(id)}`);
  }

  dropMark(id, field) {
    return ask("DELETE", `${this.path}/marks`, { row: id, field });
  }

  async history(id) {
    return (await ask("GET", `${this.path}/rows/${part(id)}/history`)).changes;
  }

  undo(changeset, force) {
    return ask("POST", `/undo/${part(changeset)}`, { force });
  }
}

// The records a reference may name: [{key, name}].
export async function names(table, text) {
  return (await ask("GET", `/tables/${part(table)}/names?${new URLSearchParams({ q: text, limit: 30 })}`)).names;
}
