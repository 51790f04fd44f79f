import { attach } from "./attach.js";

/* A second factor holds for five minutes, and making a key at an exchange often takes longer. What was pasted may be
   shown there only once: before it goes out, this asks whether it would be taken, and keeps it in the window if not. */
async function wouldBeTaken() {
  try {
    const answer = await fetch(location.pathname, { method: "HEAD", redirect: "manual" });
    return answer.type !== "opaqueredirect";
  } catch {
    return true; // No answer: the form itself will tell.
  }
}

attach("[data-fresh]", (form) => {
  const late = form.querySelector("[data-fresh-late]");
  let taken = false;
  let asking = false;
  form.addEventListener("submit", async (event) => {
    if (taken) return;
    event.preventDefault();
    if (asking) return;
    asking = true;
    taken = await wouldBeTaken();
    asking = false;
    late.hidden = taken;
    if (taken) form.requestSubmit(event.submitter);
    else late.querySelector("a").focus();
  });
  window.addEventListener("pageshow", () => (taken = false));
});
