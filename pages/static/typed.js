/* What is typed into a row's form stays in this tab until the server says that it has it: a dead spot, after which the
   page begins anew, loses nothing. `data-kept` at the drawer names account, table and row. */
(() => {
  const key = (drawer) => `zongfen:typed:${drawer.dataset.kept}`;
  const there = () => document.querySelector(".drawer[data-kept]");

  function read(drawer) {
    try {
      return JSON.parse(sessionStorage.getItem(key(drawer))) ?? {};
    } catch {
      return {};
    }
  }

  function write(drawer, texts) {
    try {
      if (Object.keys(texts).length) sessionStorage.setItem(key(drawer), JSON.stringify(texts));
      else sessionStorage.removeItem(key(drawer));
    } catch {
      // A full or forbidden store loses the copy, not what is on screen.
    }
  }

  document.addEventListener("input", ({ target }) => {
    const drawer = target.closest(".drawer[data-kept]");
    if (drawer && target.name && target.closest(".form")) write(drawer, { ...read(drawer), [target.name]: target.value });
  }, true);

  // The server has these texts, and what stands in the other fields.
  window.zfKept = (known) => {
    const drawer = there();
    if (!drawer) return;
    const left = Object.entries(read(drawer)).filter(([name, text]) => name in known && known[name] !== text);
    write(drawer, Object.fromEntries(left));
  };

  // The form has just been laid out: what the server never heard of is typed anew.
  window.zfTyped = () => {
    const drawer = there();
    for (const [name, text] of Object.entries(drawer ? read(drawer) : {})) {
      const control = drawer.querySelector(`.form [name="${CSS.escape(name)}"]`);
      if (!control || control.value === text) continue;
      control.value = text;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
})();
