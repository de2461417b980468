// Values that survive a reload, only in this tab: filters, views and clients.

/** The value that was kept under a name, or a default. */
export function recall(name, otherwise) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise; // this browser does not keep anything
  }
}

/** Keeps a value under a name. */
export function keep(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // As above, or the value is too large.
  }
}
