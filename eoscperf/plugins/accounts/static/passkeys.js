// Passkeys: the form stays an ordinary one, this only fills in what the device answers.
"use strict";

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function request(options) {
  const wanted = { ...options, challenge: bytes(options.challenge) };
  if (options.user) {
    wanted.user = { ...options.user, id: bytes(options.user.id) };
  }
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) {
      wanted[list] = options[list].map((entry) => ({ ...entry, id: bytes(entry.id) }));
    }
  }
  return wanted;
}

function answer(credential) {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const member of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[member]) {
      response[member] = text(credential.response[member]);
    }
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  });
}

async function ask(form) {
  const sent = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
  const reply = await fetch(form.dataset.options, { method: "POST", body: sent, credentials: "same-origin" });
  if (!reply.ok || reply.redirected) {
    throw new Error("The server did not answer as expected. Open the page again.");
  }
  const publicKey = request(await reply.json());
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
  form.elements.credential.value = answer(credential);
  form.submit();
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const fault = form.querySelector("[data-passkey-fault]");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      fault.hidden = true;
      ask(form).catch((problem) => {
        fault.textContent =
          problem.name === "NotAllowedError"
            ? "It was cancelled, or took too long."
            : problem.name === "InvalidStateError"
              ? "This device has a passkey for your account already."
              : problem.message || "This did not work.";
        fault.hidden = false;
      });
    });
  }
  for (const note of document.querySelectorAll("[data-passkey-missing]")) {
    note.hidden = true;
  }
}
