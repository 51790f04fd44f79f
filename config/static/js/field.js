import { attach } from "./attach.js";

/* A password can be looked at; it is hidden again before it is sent. */
attach("[data-reveal]", (control) => {
  const input = control.querySelector("input");
  const button = control.querySelector("[data-reveal-button]");
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.hidden = false;
  button.addEventListener("click", () => show(input.type === "password"));
  input.form?.addEventListener("submit", () => show(false));
});

/* A pasted code loses its spaces. */
attach("[data-code]", (input) => {
  input.addEventListener("paste", (event) => {
    event.preventDefault();
    input.value = event.clipboardData.getData("text").replace(/\s+/g, "");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
});
