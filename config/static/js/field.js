import { attach } from "./attach.js";

/* A password can be looked at; it is hidden again before it is sent. A secret of several lines has no type for that. */
attach("[data-reveal]", (control) => {
  const input = control.querySelector("input, textarea");
  const button = control.querySelector("[data-reveal-button]");
  const show = (shown) => {
    if (input.matches("textarea")) input.classList.toggle("concealed", !shown);
    else input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.hidden = false;
  button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
  input.form?.addEventListener("submit", () => show(false));
});

/* A page that came back for what was wrong on it begins there, unless its address says where it begins. */
if (!location.hash) document.querySelector("main [aria-invalid=true]")?.focus();

/* A pasted code loses its spaces. */
attach("[data-code]", (input) => {
  input.addEventListener("paste", (event) => {
    event.preventDefault();
    input.value = event.clipboardData.getData("text").replace(/\s+/g, "");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
});
