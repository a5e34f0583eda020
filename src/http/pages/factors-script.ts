/** The page of one's own second factors. */
export const FACTORS_SCRIPT = `"use strict"
const KINDS = { passkey: "Passkey", totp: "App for codes", recovery: "Recovery codes" }
let factors = []
/** What dialogs came to, until whoever opened them takes it. */
const outcomes = new Map()

const hasFactor = () => factors.some(({ kind }) => kind !== "recovery")

/** Opens a dialog; undefined when the person closes it. */
function ask(dialog) {
  outcomes.delete(dialog)
  for (const form of dialog.querySelectorAll("form")) form.reset()
  for (const node of dialog.querySelectorAll("[data-first]")) node.hidden = hasFactor()
  showProblems([])
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(outcomes.get(dialog)), { once: true })
    dialog.showModal()
  })
}

function finish(dialog, outcome) {
  outcomes.set(dialog, outcome)
  dialog.close()
}

/** Shows a factor for one change. Answers the headers that prove it. */
function prove(title, text) {
  at("prove-title").textContent = title
  at("prove-text").textContent = text
  const has = (kind) => factors.some((one) => one.kind === kind)
  offerFactors(at("prove-form"), { passkey: has("passkey"), code: has("totp") || has("recovery") })
  return ask(at("prove"))
}

async function load(said) {
  const result = await send("GET", "/api/me/factors")
  if (result.status !== 200) return [problemOf(result)]
  factors = result.answer.factors
  at("factors").replaceChildren(...factors.map(item))
  at("own").hidden = false
  at("new-codes").hidden = !hasFactor()
  at("new-codes").textContent = recovery() ? "Make new recovery codes" : "Make recovery codes"
  at("add-passkey").hidden = !browserHasPasskeys()
  const advice = adviceText()
  at("advice").textContent = advice
  at("advice").hidden = advice === ""
  if (said === undefined) return undefined
  at("notice").textContent = said
  at("title").focus()
}

const recovery = () => factors.find(({ kind }) => kind === "recovery")

function adviceText() {
  if (!hasFactor()) return "You have no second factor yet. A passkey is the safest: it cannot be typed into a wrong page."
  if (!recovery()) return "Make recovery codes: without them a lost phone keeps you out until an admin helps."
  if (recovery().left <= 2) return "Few recovery codes are left. Make new ones."
  return ""
}

function item(factor) {
  const { kind, label, createdAt, left } = factor
  const line = make("li")
  const text = make("div")
  text.append(make("strong", kind === "recovery" ? KINDS.recovery : label))
  const since = make("span", kind === "recovery" ? left + " of 10 left, made " : KINDS[kind] + ", since ", "soft")
  since.append(when(createdAt))
  text.append(since)
  line.append(text, ...buttons(factor))
  return line
}

function buttons(factor) {
  const rename = make("button", "Rename", "quiet small")
  const remove = make("button", "Remove", "quiet small bad")
  for (const [button, handle] of [[rename, renameOne], [remove, removeOne]]) {
    button.type = "button"
    button.setAttribute("aria-label", button.textContent + " " + factor.label)
    onPress(button, () => handle(factor))
  }
  return factor.kind === "recovery" ? [remove] : [rename, remove]
}

/** Id of the factor whose new name is asked for. */
let renaming

async function renameOne({ id, label }) {
  renaming = id
  const asked = ask(at("rename"))
  at("new-name").value = label
  at("new-name").select()
  const name = await asked
  return name === undefined ? undefined : load("It is called " + name + " now.")
}

async function saveName() {
  const problems = missing({ "new-name": "Enter a name" })
  if (problems.length > 0) return problems
  const label = at("new-name").value.trim()
  const result = await send("PATCH", "/api/me/factors/" + encodeURIComponent(renaming), { label })
  if (result.status !== 200) return [problemOf(result)]
  finish(at("rename"), label)
}

async function removeOne({ id, kind, label }) {
  const last = kind !== "recovery" && factors.filter((one) => one.kind !== "recovery").length === 1
  const text = last
    ? "This is your last second factor. Recovery codes go with it, and secrets that ask for a second factor are closed to you."
    : "It opens nothing any more. Your other sessions end."
  const proof = await prove("Remove " + (kind === "recovery" ? "the recovery codes" : label) + "?", text)
  if (!proof) return undefined
  const result = await send("DELETE", "/api/me/factors/" + encodeURIComponent(id), undefined, proof)
  return result.status === 200 ? load((kind === "recovery" ? "The recovery codes are" : label + " is") + " removed.") : [problemOf(result)]
}

/** What is being enrolled: kept while its dialog is open, so that a wrong password can be put right. */
let enrolment

async function addPasskey() {
  enrolment = { headers: {} }
  if (hasFactor()) {
    const proof = await prove("Add a passkey", "First show a factor that you have.")
    if (!proof) return undefined
    enrolment.headers = proof
  }
  const label = await ask(at("passkey"))
  return label === undefined ? undefined : load(label + " is added. Your other sessions have ended.")
}

async function createPasskey() {
  const problems = missing({ "passkey-name": "Enter a name" })
  if (problems.length > 0) return problems
  if (enrolment.response === undefined) {
    const begun = await send("POST", "/api/me/factors/passkey")
    if (begun.status !== 200) return [problemOf(begun)]
    try {
      const made = await navigator.credentials.create({ publicKey: creationOptions(begun.answer.publicKey) })
      enrolment.response = credentialJson(made)
      enrolment.enrolment = begun.answer.enrolment
    } catch (error) {
      return [{ text: passkeyFault(error) }]
    }
  }
  const { response, enrolment: ticket } = enrolment
  return confirmEnrolment("passkey", { enrolment: ticket, response })
}

async function addApp() {
  enrolment = { headers: {} }
  if (hasFactor()) {
    const proof = await prove("Add an app", "First show a factor that you have.")
    if (!proof) return undefined
    enrolment.headers = proof
  }
  const begun = await send("POST", "/api/me/factors/totp")
  if (begun.status !== 200) return [problemOf(begun)]
  enrolment.enrolment = begun.answer.enrolment
  const { secret, uri } = begun.answer
  at("qr").replaceChildren(picture(qrCode(uri)))
  at("app-secret").textContent = secret.match(/.{1,4}/g).join(" ")
  at("app-link-line").hidden = !uri.startsWith("otpauth://totp/")
  if (uri.startsWith("otpauth://totp/")) at("app-link").href = uri
  const label = await ask(at("app"))
  for (const id of ["qr", "app-secret"]) at(id).replaceChildren()
  at("app-link").removeAttribute("href")
  return label === undefined ? undefined : load(label + " is added. Your other sessions have ended.")
}

async function confirmApp() {
  const problems = missing({ "app-code": "Enter the code", "app-name": "Enter a name" })
  if (problems.length > 0) return problems
  return confirmEnrolment("app", { enrolment: enrolment.enrolment, code: at("app-code").value.replaceAll(" ", "") })
}

const ROUTES = { passkey: "/api/me/factors/passkey/confirm", app: "/api/me/factors/totp/confirm" }

/** Sends what was made, with the name and, before the first factor, the password. */
async function confirmEnrolment(kind, made) {
  const label = at(kind + "-name").value.trim()
  const password = at(kind + "-password").value
  const body = { ...made, label, ...(hasFactor() || password === "" ? {} : { password }) }
  const result = await send("POST", ROUTES[kind], body, enrolment.headers)
  if (result.status === 201) return finish(at(kind), label)
  return [confirmProblem(kind, result)]
}

function confirmProblem(kind, result) {
  const { code, error, field } = result.answer
  if (field === "/password" || (code === "forbidden" && !hasFactor())) return { field: kind + "-password", text: error }
  if (field === "/label") return { field: kind + "-name", text: error }
  if (code === "verification_failed" && kind === "app") return { field: "app-code", text: "The code is not right. Enter the one that the app shows now" }
  if (code === "verification_required" || code === "enrolment_expired") return { text: "This took too long. Close this and begin again." }
  return problemOf(result)
}

/** Dark on light in either scheme, with the quiet zone of four modules: scanners want that. */
function picture(modules) {
  const draw = (name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name)
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
    return node
  }
  const size = modules.length + 8
  const path = modules.flatMap((row, y) => Array.from(row, (dark, x) => (dark ? "M" + (x + 4) + " " + (y + 4) + "h1v1h-1z" : "")))
  const picture = draw("svg", { viewBox: "0 0 " + size + " " + size, role: "img", "aria-label": "QR code for an authenticator app", "shape-rendering": "crispEdges" })
  picture.append(draw("rect", { width: size, height: size, fill: "#fff" }), draw("path", { d: path.join(""), fill: "#000" }))
  return picture
}

async function newCodes() {
  const proof = await prove("Make recovery codes", "Codes from before stop working. First show a factor that you have.")
  if (!proof) return undefined
  const result = await send("POST", "/api/me/factors/recovery", {}, proof)
  if (result.status !== 200) return [problemOf(result)]
  at("code-list").replaceChildren(...result.answer.codes.map((code) => make("li", code)))
  await ask(at("codes"))
  at("code-list").replaceChildren()
  return load("Ten recovery codes are ready.")
}

async function proved(shown) {
  const result = await send("POST", "/api/auth/verify", { verb: "govern", ...shown })
  if (result.status !== 200) return [factorProblem(result)]
  finish(at("prove"), { "x-verification-token": result.answer.token })
}

for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close())
// The codes are shown this once: a slip of the finger must not take them away.
at("codes").addEventListener("cancel", (event) => event.preventDefault())
startFactorForm(at("prove-form"), "verify", undefined, proved)
onSubmit(at("passkey-form"), createPasskey)
onSubmit(at("app-form"), confirmApp)
onSubmit(at("rename-form"), saveName)
onPress(at("add-passkey"), addPasskey)
onPress(at("add-app"), addApp)
onPress(at("new-codes"), newCodes)
copies(at("app-copy"), () => at("app-secret").textContent.replaceAll(" ", ""))
copies(at("codes-copy"), () => Array.from(at("code-list").children, ({ textContent }) => textContent).join("\\n"))
onPress(at("codes-print"), async () => window.print())
// What stands in the file that is loaded last is there by then.
document.addEventListener("DOMContentLoaded", () => whenSignedIn(async () => (await load()) || loadLinks()))
`
