import { attach } from "./attach.js";

const drawer = document.getElementById("drawer");
const body = document.getElementById("drawer-body");
let changed = false;
let opener = null;

/* --- the drawer: a transaction beside the list. Without script its link leads to its page. --- */

function open(link) {
  opener = link;
  htmx.ajax("GET", link.getAttribute("href"), { target: "#drawer-body", swap: "innerHTML" }).then(() => {
    if (!drawer.open) drawer.showModal();
    drawer.scrollTop = 0;
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-open], #drawer-body .one-other a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(link);
});

/* What is sent from within it comes back into it. */
drawer?.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-here]")) return;
  event.preventDefault();
  changed = true;
  const values = Object.fromEntries(new FormData(form, event.submitter));
  htmx.ajax("POST", form.getAttribute("action"), { target: "#drawer-body", swap: "innerHTML", values }).then(answered);
});

/* The button that was pressed is gone: eyes, keys and screen readers go on where it says what came of it. What is taller
 * than the window would be scrolled to its end by its focus. */
function answered() {
  const wrong = body.querySelector("[aria-invalid=true]");
  drawer.scrollTop = 0;
  if (wrong) wrong.focus();
  else body.focus({ preventScroll: true });
}

/* Who asks to change something wants to write. */
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches?.(".one-edit[open]") && target.contains(document.activeElement)) {
      target.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    }
  },
  true,
);

drawer?.addEventListener("close", () => {
  const back = opener?.getAttribute("href");
  body.replaceChildren();
  if (!changed) return opener?.focus();
  changed = false;
  const list = document.getElementById("list");
  htmx.ajax("GET", list.dataset.address, { target: "#list", swap: "outerHTML" }).then(() => {
    document.querySelector(`[data-open][href="${back}"]`)?.focus();
  });
});

/* --- keys --- */

attach(".moves-keys", (button) => (button.hidden = false));

const lines = () => [...document.querySelectorAll("[data-line]")];

function move(by) {
  const all = lines();
  const here = all.findIndex((line) => line.contains(document.activeElement) || line.matches(".move-here"));
  const next = all[Math.min(Math.max(here + by, 0), all.length - 1)];
  if (!next) return;
  all.forEach((line) => line.classList.toggle("move-here", line === next));
  next.querySelector("[data-open]").focus();
  next.scrollIntoView({ block: "nearest" });
}

function tick() {
  const box = lines()
    .find((line) => line.contains(document.activeElement) || line.matches(".move-here"))
    ?.querySelector("[name=id]");
  box?.click();
}

const LETTERS = {
  j: () => move(1),
  k: () => move(-1),
  x: tick,
  "/": () => document.getElementById("id_q")?.focus(),
  "?": () => document.getElementById("keys").showModal(),
};
const ARROWS = { ArrowDown: () => move(1), ArrowUp: () => move(-1) }; // from line to line; elsewhere they scroll

/* Whoever speaks to the machine, or leans on its keys, can turn the letters off. The browser remembers, if it may. */
let kept = null;
try {
  kept = window.localStorage;
} catch {} // it may not: then they are off for as long as the page is open
let lettersAct = kept?.getItem("letters") !== "off";

attach("#letters", (box) => {
  box.checked = lettersAct;
  box.addEventListener("change", () => {
    lettersAct = box.checked;
    kept?.setItem("letters", lettersAct ? "on" : "off");
  });
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches?.("input:not([type=checkbox]), select, textarea");
  const down = event.key === "ArrowDown" && event.target.id === "id_q"; // from the search into what it found
  const letter = !typing && lettersAct && LETTERS[event.key];
  const arrow = (down || (!typing && event.target.closest?.("[data-line]"))) && ARROWS[event.key];
  if (!letter && !arrow) return;
  event.preventDefault();
  (letter || arrow)();
});

document.addEventListener("focusin", (event) => {
  const line = event.target.closest?.("[data-line]");
  if (line) lines().forEach((each) => each.classList.toggle("move-here", each === line));
});
