import { attach } from "./attach.js";

/* A file may be dropped onto the field; one that is too large is said to be before it is sent. Without script the field does. */
attach("[data-drop]", (form) => {
  const place = form.querySelector("[data-drop-here]");
  const input = form.querySelector("input[type=file]");
  const said = form.querySelector("[data-drop-said]");
  const tell = () => {
    const file = input.files[0];
    const large = file && file.size > Number(input.dataset.largest);
    input.setCustomValidity(large ? "This file is too large to be taken in one piece." : "");
    said.textContent = large ? input.validationMessage : "";
  };
  input.addEventListener("change", tell);
  for (const name of ["dragenter", "dragover"]) {
    place.addEventListener(name, (event) => {
      event.preventDefault();
      place.classList.add("drop-over");
    });
  }
  for (const name of ["dragleave", "drop"]) place.addEventListener(name, () => place.classList.remove("drop-over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    tell();
  });
});
