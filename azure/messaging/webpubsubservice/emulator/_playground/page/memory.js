// What outlives a reload: filters, views and clients, in this tab only.

/** What was kept under a name, or a default. */
export function recall(name, otherwise) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise; // a browser that keeps nothing
  }
}

/** Keeps a value under a name. */
export function keep(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // As above, or it is too much.
  }
}
