// The emulator's feed: one WebSocket, which is opened again when it is lost.

const FIRST_WAIT = 500; // milliseconds before the next attempt, doubled each time up to the longest
const LONGEST_WAIT = 8000;

/** The WebSocket address of a path of this emulator. */
export const socketUrl = (path) => `${location.protocol.replace("http", "ws")}//${location.host}${path}`;

/**
 * Calls `batch` with the emulator's batches, and `state` with "live" or "lost" and a text for people.
 * Returns a function that chooses whose traffic is sent; null for everybody's.
 */
export function follow({ batch, state, subject }) {
  let wait = FIRST_WAIT;
  let about = subject;
  let socket = null;

  function choose() {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(about));
  }

  function open() {
    socket = new WebSocket(socketUrl("/_playground/feed"));
    socket.addEventListener("open", () => {
      wait = FIRST_WAIT;
      state("live", "Live");
      if (about !== null) choose();
    });
    socket.addEventListener("message", (event) => batch(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      state("lost", "The emulator is gone; trying again");
      setTimeout(open, wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    });
  }

  open();
  return (chosen) => {
    about = chosen;
    choose();
  };
}
