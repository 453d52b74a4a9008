/* What the frame does without asking the server: fold the navigation, choose language and look, close what is open. */
(() => {
  const YEAR = 365 * 24 * 3600;

  function keep(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
  }

  const actions = {
    fold() {
      const folded = document.querySelector(".app").classList.toggle("rail");
      keep("zf_rail", folded ? "1" : "0");
      window.dispatchEvent(new Event("resize")); // what measures itself by the window has another width now
    },
    dark() {
      const dark = !document.body.classList.contains("body--dark");
      keep("zf_dark", dark ? "1" : "0");
      setDark(dark);
    },
    speak(language) {
      keep("zf_lang", language);
      location.reload();
    },
  };

  const OPEN = "details:is(.menu, .more)[open]";

  document.addEventListener("click", (event) => {
    const [name, argument] = event.target.closest("[data-do]")?.dataset.do.split(" ") ?? [];
    if (name in actions) actions[name](argument);
    for (const open of document.querySelectorAll(OPEN)) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      document.querySelector(".find input")?.select();
    } else if (event.key === "Escape" && !event.isComposing) {
      const open = document.querySelector(OPEN);
      if (!open) return;
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
})();
