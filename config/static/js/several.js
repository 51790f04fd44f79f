import { attach } from "./attach.js";

/* Tick boxes of a form that stands elsewhere on the page: all of them at once, and how many they are. */
attach("[data-all]", (all) => {
  const form = document.getElementById(all.dataset.all);
  const said = form.querySelector("[data-all-said]");
  const calm = said.textContent;
  const picks = () => [...form.elements].filter((each) => each.name === "id");

  function count() {
    const ticked = picks().filter((each) => each.checked).length;
    all.checked = ticked === picks().length;
    all.indeterminate = ticked > 0 && !all.checked;
    said.textContent = ticked ? `${ticked} chosen` : calm;
  }

  all.hidden = false;
  all.setAttribute("aria-label", "Choose all on this page");
  all.addEventListener("change", () => {
    picks().forEach((each) => (each.checked = all.checked));
    count();
  });
  document.addEventListener("change", (event) => {
    if (event.target.form === form && event.target.name === "id") count();
  });
  addEventListener("pageshow", count);
  count();
});
