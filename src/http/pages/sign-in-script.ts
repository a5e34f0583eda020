/** What follows the password on the sign-in page, and the way back to the page that sent here. */
export const SIGN_IN_SCRIPT = `"use strict"
/** Only our own pages, spelled as we spell them: a link may bring any text here. */
const NEXT = new RegExp("^/(?:factors|approve(?:/[0-9a-f-]{36})?|(?:step-up|request)(?:[?][A-Za-z0-9_.~%&=+@/-]*)?)$")

function nextPage() {
  const next = new URLSearchParams(location.search).get("next")
  return next !== null && NEXT.test(next) ? next : null
}

/** Whether signing in is not at its end, or leads elsewhere: then this has taken over. */
function signInStep({ factorDue, mustChangePassword }) {
  if (factorDue) return showStep("factor")
  if (mustChangePassword) return showStep("change")
  const next = nextPage()
  if (next === null) return false
  location.replace(next)
  return true
}

function showStep(id) {
  showOnly(id)
  if (id === "factor") offerWays()
  at(id + "-title").focus()
  return true
}

/** Which factors there are is said to whole sessions only; whether there is a passkey shows by asking for a challenge. */
async function offerWays() {
  offerFactors(at("factor-form"), { passkey: false, code: true })
  if (!browserHasPasskeys()) return
  const { status } = await send("POST", "/api/auth/challenge", { purpose: "sign_in" })
  offerFactors(at("factor-form"), { passkey: status === 200, code: true })
}

async function finishSignIn(shown) {
  const result = await send("POST", "/api/auth/factor", shown)
  if (result.status === 200) return showWho(true)
  if (result.status === 401) return showSignedOut("Signing in took too long. Start again.")
  return [factorProblem(result)]
}

function newPasswordProblems() {
  const problems = missing({
    current: "Enter your current password",
    next: "Enter a new password",
    "next-again": "Enter the new password again",
  })
  const length = [...at("next").value].length
  if (length > 0 && length < 15) problems.push({ field: "next", text: "The new password is too short: it has " + length + " of at least 15 characters" })
  if (length > 128) problems.push({ field: "next", text: "The new password is too long: it has " + length + " of at most 128 characters" })
  if (at("next-again").value !== "" && at("next-again").value !== at("next").value) problems.push({ field: "next-again", text: "The two passwords differ" })
  return problems
}

async function changePassword() {
  const problems = newPasswordProblems()
  if (problems.length > 0) return problems
  const body = { currentPassword: at("current").value, newPassword: at("next").value }
  const result = await send("POST", "/api/me/password", body)
  const { code, error } = result.answer
  if (code === "weak_password") return [{ field: "next", text: error }]
  if (code === "forbidden") return [{ field: "current", text: error }]
  if (result.status !== 200 && result.status !== 401) return [{ text: commonProblem(result) }]
  at("change-form").reset()
  return showSignedOut(result.status === 200 ? "The password is changed. Sign in with it." : "Signing in took too long. Start again.")
}

/** What starts the forms stands in the file that is loaded last. */
document.addEventListener("DOMContentLoaded", () => {
  startFactorForm(at("factor-form"), "sign_in", undefined, finishSignIn)
  onSubmit(at("change-form"), changePassword)
  onPress(at("start-over"), async () => {
    await send("POST", "/api/auth/logout")
    showSignedOut("")
  })
})
`
