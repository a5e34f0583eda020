/** The page that asks for an approval. What is asked for stands in the address; the answer links to its own page. */
export const REQUEST_SCRIPT = `"use strict"
const secrets = new URLSearchParams(location.search).getAll("secret")

function addressProblem() {
  if (secrets.length === 0) return "The address names no secret."
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
  at("factor-form").hidden = !has("passkey") && !has("totp")
  offerFactors(at("factor-form"), { passkey: has("passkey"), code: has("totp") || has("recovery") })
  at("names").replaceChildren(...secrets.map((name) => make("li", name)))
  at("ask").hidden = false
}

function reasonMissing() {
  return missing({ reason: "Say why" })
}

async function askWith(headers) {
  const body = { secrets, verb: "read", uses: null, reason: at("reason").value }
  const result = await send("POST", "/api/access-requests", body, headers)
  if (result.status !== 201) {
    if (result.answer.code === "verification_required") return [{ text: result.answer.error + "." }]
    if (result.answer.code === "invalid_reason") return [{ field: "reason", text: commonProblem(result) }]
    return [problemOf(result)]
  }
  at("ask").hidden = true
  at("done").hidden = false
  at("made").href = "/approve/" + result.answer.id
  const open = result.answer.state === "approved"
  at("notice").textContent = open ? "It is open to you now: nobody else has to agree." : "Asked. Those who may decide it have been told."
  at("title").focus()
}

async function askStepped(shown) {
  const lacks = reasonMissing()
  if (lacks.length > 0) return lacks
  const result = await send("POST", "/api/auth/verify", { verb: "read", secrets, ...shown })
  if (result.status !== 200) return [result.answer.code === "verification_failed" ? factorProblem(result) : problemOf(result)]
  return askWith({ "x-verification-token": result.answer.token })
}

startFactorForm(at("factor-form"), "verify", undefined, askStepped)
onSubmit(at("plain-form"), async () => {
  const lacks = reasonMissing()
  return lacks.length > 0 ? lacks : askWith({})
})
whenSignedIn(showWhat)
`
