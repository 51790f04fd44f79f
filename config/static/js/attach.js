/* Runs `attach` once for every element that matches, also for those htmx brings later. */
export function attach(selector, begin) {
  const all = (root) => {
    if (root.matches?.(selector)) begin(root);
    root.querySelectorAll(selector).forEach((element) => begin(element));
  };
  all(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.target !== document.body) all(event.target);
  });
}

/* Says a word beside a control, and to screen readers, for a moment. */
export function say(place, words) {
  if (!place) return;
  place.textContent = words;
  setTimeout(() => (place.textContent = ""), 2500);
}
