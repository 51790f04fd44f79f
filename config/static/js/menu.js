import { attach } from "./attach.js";

attach("[data-menu]", (menu) => {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

/* A form that goes out by itself when a choice changes; its button stays for browsers without script. */
attach("[data-autosubmit]", (form) => {
  form.querySelectorAll("[type=submit]").forEach((button) => (button.hidden = true));
  form.addEventListener("change", () => form.requestSubmit());
});
