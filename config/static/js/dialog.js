import { attach } from "./attach.js";

attach("[data-dialog]", (opener) => {
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById(opener.dataset.dialog).showModal();
  });
});

attach("[data-dialog-close]", (button) => {
  button.addEventListener("click", () => button.closest("dialog").close());
});

/* A button with data-confirm asks before its form goes out. Without script the form simply goes. */
const confirm = document.getElementById("confirm");

function ask(question, verb) {
  confirm.querySelector("#confirm-question").textContent = question;
  confirm.querySelector("[data-confirm-yes]").textContent = verb;
  confirm.returnValue = "no";
  confirm.showModal();
  return new Promise((resolve) => {
    confirm.addEventListener("close", () => resolve(confirm.returnValue === "yes"), { once: true });
  });
}

attach("[data-confirm]", (button) => {
  let agreed = false;
  button.addEventListener("click", async (event) => {
    if (agreed || !button.form.reportValidity()) return;
    event.preventDefault();
    if (await ask(button.dataset.confirm, button.textContent.trim())) {
      agreed = true;
      button.click();
      agreed = false;
    }
  });
});
