import { attach, say } from "./attach.js";

async function copy(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    say(place, "Copied");
  } catch {
    say(place, "Select it and copy by hand");
  }
}

attach("[data-copy]", (box) => {
  const button = box.querySelector("[data-copy-button]");
  button.hidden = false;
  button.addEventListener("click", () => {
    copy(box.querySelector("[data-copy-value]").textContent.trim(), box.querySelector("[data-said]"));
  });
});

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

attach("[data-codes]", (box) => {
  const said = box.querySelector("[data-said]");
  const text = () => [...box.querySelectorAll("li")].map((line) => line.textContent.trim()).join("\n") + "\n";
  box.querySelectorAll("[data-tool]").forEach((tool) => (tool.hidden = false));
  box.querySelector("[data-codes-copy]").addEventListener("click", () => copy(text(), said));
  box.querySelector("[data-codes-print]").addEventListener("click", () => window.print());
  box.querySelector("[data-codes-save]")?.addEventListener("click", (event) => {
    save(event.currentTarget.dataset.codesSave, text());
    say(said, "Saved");
  });
});
