/* Asks the browser to make or show a passkey, and posts what it answers with the form it stands in. */
import { attach } from "./attach.js";

const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const decodeIds = (list) => (list ?? []).map((item) => ({ ...item, id: decode(item.id) }));

const WORDS = {
  NotAllowedError: "The browser was not given leave, or it took too long. Nothing was changed; try again.",
  InvalidStateError: "This device has a passkey for your account already.",
};

function readable(publicKey) {
  const options = { ...publicKey, challenge: decode(publicKey.challenge) };
  if (publicKey.user) options.user = { ...publicKey.user, id: decode(publicKey.user.id) };
  if (publicKey.excludeCredentials) options.excludeCredentials = decodeIds(publicKey.excludeCredentials);
  if (publicKey.allowCredentials) options.allowCredentials = decodeIds(publicKey.allowCredentials);
  return options;
}

function plain(credential) {
  const response = { clientDataJSON: encode(credential.response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = encode(credential.response[part]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function optionsOf(form) {
  if (form.dataset.passkeyOptions) return JSON.parse(form.dataset.passkeyOptions);
  const answer = await fetch(form.dataset.passkeyFrom, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("no options");
  return (await answer.json()).request_options;
}

attach("[data-passkey]", (form) => {
  if (!window.PublicKeyCredential) {
    for (const said of document.querySelectorAll("[data-passkey-missing]")) said.hidden = false;
    return;
  }
  const said = form.querySelector("[data-passkey-said]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    try {
      const publicKey = readable((await optionsOf(form)).publicKey);
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
      form.elements.credential.value = JSON.stringify(plain(credential));
      form.submit();
    } catch (error) {
      said.textContent = WORDS[error.name] ?? "That did not work. Nothing was changed; try again.";
    }
  });
});
