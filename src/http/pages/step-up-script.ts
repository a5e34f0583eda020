/** The step-up page. The token is in a variable, and in the page only while it is asked to be shown; never in an address. */
export const STEP_UP_SCRIPT = `"use strict"
const VERBS = {
  read: "You are about to read",
  write: "You are about to write",
  delete: "You are about to delete",
  rotate: "You are about to rotate",
  purge: "You are about to delete for good",
  govern: "You are about to do one act of administration.",
}
const LIFE_MS = 300000
const asked = new URLSearchParams(location.search)
const verb = asked.get("verb") || "read"
const secrets = asked.getAll("secret")
let token = ""

function addressProblem() {
  if (!Object.hasOwn(VERBS, verb)) return "The address names a verb that there is not."
  if (verb === "govern" && secrets.length > 0) return "Administration is not about secrets: the address names some."
  if (verb !== "govern" && secrets.length === 0) return "The address names no secret."
  if (secrets.length > 50) return "The address names " + secrets.length + " secrets; 50 is the most at once."
  if (new Set(secrets).size < secrets.length) return "The address names a secret twice."
  return ""
}

async function showWhat() {
  const wrong = addressProblem()
  if (wrong !== "") return [{ text: wrong }]
  const result = await send("GET", "/api/me/factors")
  if (result.status !== 200) return [problemOf(result)]
  const has = (kind) => result.answer.factors.some((one) => one.kind === kind)
  if (!has("passkey") && !has("totp")) return [{ text: "You have no second factor yet. Add one first.", href: "/factors" }]
  offerFactors(at("step-up-form"), { passkey: has("passkey"), code: has("totp") || has("recovery") })
  at("what").textContent = VERBS[verb]
  at("names").replaceChildren(...secrets.map((name) => make("li", name)))
  at("ask").hidden = false
}

async function stepUp(shown) {
  const result = await send("POST", "/api/auth/verify", { verb, ...(verb === "govern" ? {} : { secrets }), ...shown })
  if (result.status !== 200) return [result.answer.code === "verification_failed" ? factorProblem(result) : problemOf(result)]
  token = result.answer.token
  at("ask").hidden = true
  at("done").hidden = false
  at("notice").textContent = "Your second factor is right. This is the token for it."
  at("good-for").textContent = verb === "govern" ? "one act of administration" : [verb, ...secrets].join("\\n")
  at("until").replaceChildren(when(result.answer.expiresAt))
  at("title").textContent = "Your one-time token"
  at("title").focus()
  setTimeout(forget, LIFE_MS)
}

function forget() {
  token = ""
  showToken(false)
  at("done").hidden = true
  showProblems([{ text: "The token has expired. Load this page again for another." }])
}

function showToken(visible) {
  at("token").textContent = visible ? token : ""
  at("token").hidden = !visible
  at("reveal").textContent = visible ? "Hide it" : "Show it"
  at("reveal").setAttribute("aria-expanded", String(visible))
}

startFactorForm(at("step-up-form"), "verify", undefined, stepUp)
copies(at("copy"), () => token)
at("reveal").addEventListener("click", () => showToken(at("token").hidden))
whenSignedIn(showWhat)
`
