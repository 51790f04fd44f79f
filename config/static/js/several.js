import { attach } from "./attach.js";

/* Tick boxes of a form, which may stand elsewhere on the page: all of them at once, and how many they are. */

const picks = (form) => [...form.elements].filter((each) => each.name === "id");

function count(all) {
  const form = document.getElementById(all.dataset.all);
  const said = form.querySelector("[data-all-said]");
  said.dataset.calm ??= said.textContent;
  const ticked = picks(form).filter((each) => each.checked).length;
  all.checked = ticked === picks(form).length;
  all.indeterminate = ticked > 0 && !all.checked;
  said.textContent = ticked ? `${ticked} selected` : said.dataset.calm;
}

attach("[data-all]", (all) => {
  all.hidden = false;
  all.setAttribute("aria-label", "Select all on this page");
  all.addEventListener("change", () => {
    picks(document.getElementById(all.dataset.all)).forEach((each) => (each.checked = all.checked));
    count(all);
  });
  count(all);
});

document.addEventListener("change", ({ target }) => {
  if (target.name !== "id") return;
  // `form.id` would be the boxes, for that is what they are called.
  const all = document.querySelector(`[data-all="${target.form?.getAttribute("id")}"]`);
  if (all) count(all);
});

/* Who comes back to a page finds ticked what was. */
addEventListener("pageshow", () => document.querySelectorAll("[data-all]").forEach(count));
