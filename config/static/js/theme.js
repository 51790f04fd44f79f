import { attach } from "./attach.js";

const NEXT = { "": "light", light: "dark", dark: "" };
const WORDS = { "": "Theme: as on this device", light: "Theme: light", dark: "Theme: dark" };
const root = document.documentElement;

function show(button) {
  const chosen = root.dataset.theme ?? "";
  button.setAttribute("aria-label", WORDS[chosen]);
  const words = button.querySelector("[data-theme-words]");
  if (words) words.textContent = WORDS[chosen];
  else button.title = WORDS[chosen];
  button.querySelectorAll("[data-theme-icon]").forEach((icon) => {
    icon.hidden = icon.dataset.themeIcon !== (chosen || "auto");
  });
}

function choose(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax${secure}`;
}

attach("[data-theme-button]", (button) => {
  button.hidden = false;
  show(button);
  button.addEventListener("click", () => {
    choose(NEXT[root.dataset.theme ?? ""]);
    document.querySelectorAll("[data-theme-button]").forEach(show);
  });
});
