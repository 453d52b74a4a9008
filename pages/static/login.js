/* Lets one look at the password that is being typed. Without this script the form works as well. */
for (const form of document.querySelectorAll("form[data-show]")) {
  const input = form.querySelector("input[type=password]");
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "peek",
    textContent: form.dataset.show,
  });
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.textContent = hidden ? form.dataset.hide : form.dataset.show;
    button.setAttribute("aria-pressed", String(hidden));
    input.focus();
  });
  form.addEventListener("submit", () => (input.type = "password")); // a browser offers to keep passwords only
  input.after(button);
}
