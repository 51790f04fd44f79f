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

/* The tab of this page is in sight, also where the tabs do not all fit. */
attach(".tabs [aria-current]", (tab) => tab.scrollIntoView({ block: "nearest", inline: "center" }));

/* A form that goes out by itself when a choice changes; its button stays for browsers without script. */
attach("[data-autosubmit]", (form) => {
  form.querySelectorAll("[type=submit]").forEach((button) => (button.hidden = true));
  form.addEventListener("change", () => form.requestSubmit());
});
