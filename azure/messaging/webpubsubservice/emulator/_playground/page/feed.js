// The emulator's feed: one WebSocket, opened again when it is lost.

const FIRST_WAIT = 500; // milliseconds before another try, doubled up to the longest
const LONGEST_WAIT = 8000;

/** Calls `batch` with what the emulator tells, and `state` with "live" or "lost" and a text for people. */
export function follow({ batch, state }) {
  let wait = FIRST_WAIT;

  function open() {
    const socket = new WebSocket(`ws://${location.host}/_playground/feed`);
    socket.addEventListener("open", () => {
      wait = FIRST_WAIT;
      state("live", "Live");
    });
    socket.addEventListener("message", (event) => batch(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      state("lost", "The emulator is gone; trying again");
      setTimeout(open, wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    });
  }

  open();
}
