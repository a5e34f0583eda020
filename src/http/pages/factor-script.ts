/** Passkeys and codes in the browser: for signing in, stepping up, approving and enrolling. */
export const FACTOR_SCRIPT = `"use strict"
const PASSKEY_FAULTS = {
  NotAllowedError: "The passkey was not used: it was cancelled, took too long, or this device does not have it.",
  InvalidStateError: "This device already holds a passkey of yours.",
  SecurityError: "Passkeys do not work under this address.",
  NotSupportedError: "This device has no kind of passkey that would do.",
}

function browserHasPasskeys() {
  return typeof PublicKeyCredential === "function" && Boolean(navigator.credentials)
}

function passkeyFault(error) {
  return PASSKEY_FAULTS[error.name] || "The passkey could not be used (" + error.name + ")."
}

function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

function toBase64url(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer))
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}

/** Browsers from before Web Authentication, level 3, neither read nor write its JSON. */
function creationOptions(json) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json)
  const user = { ...json.user, id: fromBase64url(json.user.id) }
  return { ...json, user, challenge: fromBase64url(json.challenge), excludeCredentials: bytesOf(json.excludeCredentials) }
}

function requestOptions(json) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json)
  return { ...json, challenge: fromBase64url(json.challenge), allowCredentials: bytesOf(json.allowCredentials) }
}

function bytesOf(credentials = []) {
  return credentials.map((one) => ({ ...one, id: fromBase64url(one.id) }))
}

function credentialJson(credential) {
  if (credential.toJSON) return credential.toJSON()
  const { id, type, response } = credential
  const shown = { clientDataJSON: toBase64url(response.clientDataJSON) }
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[part]) shown[part] = toBase64url(response[part])
  if (response.getTransports) shown.transports = response.getTransports()
  return { id, rawId: id, type, clientExtensionResults: {}, response: shown }
}

/** A challenge of the server, answered by one of the person's passkeys. */
async function passkeyShown(purpose, requestId) {
  const asked = await send("POST", "/api/auth/challenge", { purpose, ...(requestId ? { requestId } : {}) })
  if (asked.status !== 200) return { problem: commonProblem(asked) }
  try {
    const credential = await navigator.credentials.get({ publicKey: requestOptions(asked.answer.publicKey) })
    return { shown: { passkey: { challenge: asked.answer.challenge, response: credentialJson(credential) } } }
  } catch (error) {
    return { problem: passkeyFault(error) }
  }
}

/** Runs the handler for a button, once at a time. */
function onPress(button, handle) {
  button.addEventListener("click", async () => {
    if (button.disabled) return
    showProblems([])
    button.disabled = true
    try {
      const problems = await handle()
      if (problems) showProblems(problems)
    } finally {
      button.disabled = false
    }
  })
}

/** Shows the ways that there are. */
function offerFactors(form, { passkey, code }) {
  const usable = passkey && browserHasPasskeys()
  const parts = { passkey: usable, or: usable && code, code }
  for (const [part, there] of Object.entries(parts))
    for (const node of form.querySelectorAll("[data-part=" + part + "]")) node.hidden = !there
  for (const button of form.querySelectorAll("[data-part=code] button")) button.classList.toggle("quiet", usable)
}

/** @param handle gets what was shown and answers problems, or nothing. */
function startFactorForm(form, purpose, requestId, handle) {
  const input = form.querySelector("[data-part=code] input")
  onSubmit(form, async () => {
    const problems = missing({ [input.id]: "Enter a code" })
    if (problems.length > 0) return problems
    const typed = input.value.trim()
    input.value = ""
    return handle({ code: /^[0-9 ]+$/.test(typed) ? typed.replaceAll(" ", "") : typed })
  })
  onPress(form.querySelector("[data-passkey]"), async () => {
    const { shown, problem } = await passkeyShown(purpose, requestId)
    return problem ? [{ text: problem }] : handle(shown)
  })
}

function factorProblem(result) {
  if (result.answer.code !== "verification_failed") return { text: commonProblem(result) }
  return { text: "The second factor is not right. A code works once: if you have just used it, wait for the next." }
}

/** Goes to the sign-in page, which leads back here. */
function signInFirst() {
  location.replace("/login?next=" + encodeURIComponent(location.pathname + location.search))
}

/** Runs the page for whoever is signed in; everybody else is sent to sign in. */
async function whenSignedIn(run) {
  const { status, answer, wait } = await send("GET", "/api/me")
  if (status === 401 || (status === 200 && (answer.factorDue || answer.mustChangePassword))) return signInFirst()
  at("wait").hidden = true
  const problems = status === 200 ? await run(answer) : [{ text: commonProblem({ status, answer, wait }) }]
  if (problems) showProblems(problems)
}

/** A failed answer as a problem; an ended session leads to signing in. */
function problemOf(result) {
  if (result.status !== 401) return { text: commonProblem(result) }
  const href = "/login?next=" + encodeURIComponent(location.pathname + location.search)
  return { text: "Your session has ended. Sign in again.", href }
}

function make(tag, text, kind) {
  const node = document.createElement(tag)
  if (text !== undefined) node.textContent = text
  if (kind) node.className = kind
  return node
}

function when(iso) {
  const node = make("time", new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }))
  node.dateTime = iso
  return node
}

/** Says in the button itself that the text is on the clipboard. */
function copies(button, text) {
  const label = button.textContent
  onPress(button, async () => {
    try {
      await navigator.clipboard.writeText(text())
      button.textContent = "Copied"
      setTimeout(() => (button.textContent = label), 2000)
    } catch {
      return [{ text: "This browser does not let the page copy. Select the text and copy it yourself." }]
    }
  })
}
`
