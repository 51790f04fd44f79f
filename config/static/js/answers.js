/* An answer that says no is put nowhere by htmx: whoever pressed a button would take it for done. So it is said here, in
   the words of the page that came, above what was asked for. What watches by itself tries again, and stays silent. */
const BY_HAND = ["click", "submit", "change", "input", "search"];
const UNHEARD = ["No answer came", "Nobody can tell whether it was kept. Look at your connection, then reload the page and look."];

const askedFor = ({ verb, triggeringEvent }, target) =>
  verb !== "get" || target.matches("#drawer-body") || BY_HAND.includes(triggeringEvent?.type);

function wordsOf(answer) {
  const page = new DOMParser().parseFromString(answer, "text/html");
  const words = [...page.querySelectorAll("h1, .prose p")].map((each) => each.textContent.trim());
  return words.length ? words : ["That did not work", "Nothing was changed. Reload the page, and try again in a minute."];
}

function tell([title, ...words], target) {
  const place = target.matches("#drawer-body") ? target : (target.closest("dialog[open]") ?? document.querySelector("main"));
  forget();
  const message = document.createElement("div");
  message.className = "message message-error";
  message.dataset.answer = "";
  message.setAttribute("role", "alert");
  const text = document.createElement("p");
  const head = document.createElement("strong");
  head.textContent = `${title}. `;
  text.append(head, words.join(" "));
  message.append(text);
  place.prepend(message);
  message.scrollIntoView({ block: "nearest" });
}

const forget = () => document.querySelectorAll("[data-answer]").forEach((message) => message.remove());

document.addEventListener("htmx:responseError", ({ detail }) => {
  if (askedFor(detail.requestConfig, detail.target)) tell(wordsOf(detail.xhr.responseText), detail.target);
});
for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, ({ detail }) => {
    if (askedFor(detail.requestConfig, detail.target)) tell(UNHEARD, detail.target);
  });
}
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.shouldSwap && askedFor(detail.requestConfig, detail.target)) forget();
});
