/* NiceGUI lets each event wait for the server by a clock of its own: of two that wait, the later may arrive first, and a
   button be pressed before the text beside it was typed. Here they wait in one line. */
(() => {
  const waiting = [];
  let socket, ready = false;

  Object.defineProperty(window, "socket", {
    get: () => socket,
    set(made) {
      const emit = made.emit.bind(made);
      made.emit = (name, ...told) => {
        if (ready || name !== "event") return emit(name, ...told);
        waiting.push(told);
        return made;
      };
      socket = made;
    },
  });

  // What NiceGUI asks before it sends an event, and says once the server knows this page.
  Object.defineProperty(window, "did_handshake", {
    get: () => socket !== undefined,
    set(done) {
      ready = done;
      if (ready) for (const told of waiting.splice(0)) socket.emit("event", ...told);
    },
  });
})();
