import { textOf } from "../../core/errors.ts"
import { TOLD } from "../told.ts"

/** What a sign-on's refusal says, by the code in the fragment; a fragment with any other shows nothing. */
const REFUSED = JSON.stringify(Object.fromEntries([...TOLD].map((code) => [code, textOf(code)])))

/**
 * Every page's script, as the browser gets it; what only some pages need stands in files of its own. It writes with textContent only: no answer of the server, and nothing
 * from the address, is ever parsed as markup. The session is a cookie the script cannot read; the token in the login
 * answer, which is for programs, is not kept.
 */
export const PAGE_SCRIPT = `"use strict"
const at = (id) => document.getElementById(id)

async function send(method, path, body, headers = {}) {
  const options = { method, cache: "no-store", credentials: "same-origin", redirect: "error", headers }
  if (body !== undefined) {
    options.headers = { ...headers, "content-type": "application/json" }
    options.body = JSON.stringify(body)
  }
  try {
    const response = await fetch(path, options)
    const answer = await response.json().catch(() => ({}))
    return { status: response.status, answer, wait: response.headers.get("retry-after") }
  } catch {
    return { status: 0, answer: {}, wait: null }
  }
}

/** The last alert that can be seen: an open dialog stands behind the page's own. */
function problemBox() {
  const boxes = [...document.querySelectorAll(".problem[role=alert]")]
  return boxes.findLast((box) => !box.closest("[hidden], dialog:not([open])")) || boxes[0]
}

function showProblems(problems) {
  for (const input of document.querySelectorAll(".field :is(input, textarea)")) {
    const own = problems.find((problem) => problem.field === input.id)
    at(input.id + "-error").textContent = own ? own.text : ""
    if (own) input.setAttribute("aria-invalid", "true")
    else input.removeAttribute("aria-invalid")
  }
  for (const box of document.querySelectorAll(".problem[role=alert]")) box.replaceChildren()
  if (problems.length === 0) return
  problemBox().replaceChildren(...problems.map(problemLine))
  problemBox().focus()
}

/** One line of the summary; a link if there is a field to go to or a page to open. */
function problemLine({ text, field, href }) {
  const line = document.createElement("p")
  if (!field && !href) {
    line.textContent = text
    return line
  }
  const link = document.createElement("a")
  link.href = href || "#" + field
  link.textContent = text
  if (field) {
    link.addEventListener("click", (event) => {
      event.preventDefault()
      at(field).focus()
    })
  }
  line.append(link)
  return line
}

/** What any failed answer means, unless the page knows better. */
function commonProblem({ status, answer, wait }) {
  if (status === 0) return "The server cannot be reached. Check that it is running and try again."
  if (status === 429) return "Too many attempts. Try again in " + (Number(wait) > 0 ? Number(wait) + " seconds." : "a while.")
  if (status >= 500) return "The server cannot do this now: " + (answer.error || "no reason given") + "."
  return (answer.error || "The server refused this (" + status + ")") + "."
}

/** Runs the handler for a submitted form, once at a time. The button starts disabled: without this script nothing is sent. */
function onSubmit(form, handle) {
  const button = form.querySelector("button[type=submit]")
  button.disabled = false
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
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

/** Boxes that make passwords readable. */
for (const box of document.querySelectorAll("[data-shows]"))
  box.addEventListener("change", () => {
    for (const id of box.dataset.shows.split(" ")) at(id).type = box.checked ? "text" : "password"
  })

function missing(fields) {
  return Object.entries(fields)
    .filter(([field]) => at(field).value === "")
    .map(([field, text]) => ({ field, text }))
}

function startSetup(form) {
  const fromLink = location.hash.slice(1)
  if (/^[A-Za-z0-9_-]{43}$/.test(fromLink)) at("token").value = fromLink
  else at("token-row").hidden = false
  if (fromLink !== "") history.replaceState(null, "", location.pathname)
  onSubmit(form, async () => {
    const problems = missing({
      token: "Enter the setup token",
      username: "Enter a user name",
      password: "Enter a password",
      again: "Enter the password again",
    })
    const password = at("password").value
    const length = [...password].length
    if (length > 0 && length < 15) problems.push({ field: "password", text: "The password is too short: it has " + length + " of at least 15 characters" })
    if (length > 128) problems.push({ field: "password", text: "The password is too long: it has " + length + " of at most 128 characters" })
    if (at("again").value !== "" && at("again").value !== password) problems.push({ field: "again", text: "The two passwords differ" })
    if (problems.length > 0) return problems
    const result = await send("POST", "/api/setup", { token: at("token").value.trim(), username: at("username").value, password })
    if (result.status === 201) return location.assign("/login#ready")
    return setupProblem(result)
  })
}

function setupProblem(result) {
  const { code, error, field } = result.answer
  if (code === "setup_done") return [{ text: "The first admin is already set up. Sign in instead.", href: "/login" }]
  if (code === "unauthenticated") {
    at("token-row").hidden = false
    return [{ field: "token", text: "The setup token is not valid. Each start of the server prints a new one" }]
  }
  if (code === "weak_password") return [{ field: "password", text: error }]
  if (code === "invalid_request" && field === "/username") return [{ field: "username", text: error }]
  return [{ text: commonProblem(result) }]
}

/** Codes and texts of the server's own: whoever makes up a link can show no words of his. */
const REFUSED = ${REFUSED}

/** What a sign-on came to stands in the fragment. */
function arrived() {
  const fragment = location.hash.slice(1)
  if (fragment !== "") history.replaceState(null, "", location.pathname + location.search)
  if (fragment === "signed-in") return showWho(true).then((problems) => problems && showProblems(problems))
  if (fragment === "linked") {
    return showWho(false).then(() => (at("in-title").textContent = "The sign-on is linked to your account"))
  }
  const code = fragment.startsWith("refused=") ? fragment.slice(8) : ""
  if (Object.hasOwn(REFUSED, code)) showProblems([{ text: REFUSED[code] + "." }])
  if (at("out").hidden) return showWho(false)
}

/** A link, not a form: the way leads to another site. */
async function showProviders() {
  const { status, answer } = await send("GET", "/api/auth/providers")
  if (status !== 200 || answer.providers.length === 0) return
  const next = nextPage()
  const links = answer.providers.map(({ id, label }) => {
    const link = document.createElement("a")
    link.className = "button"
    link.href = "/auth/oidc/" + encodeURIComponent(id) + "/start" + (next === null ? "" : "?next=" + encodeURIComponent(next))
    link.textContent = "Sign in with " + label
    return link
  })
  at("providers").replaceChildren(...links)
  at("providers").hidden = false
}

function startLogin(form) {
  if (location.hash === "#ready") {
    at("notice").textContent = "The admin account is ready. Sign in with it."
    history.replaceState(null, "", location.pathname)
  }
  arrived()
  showProviders()
  onSubmit(form, async () => {
    at("notice").textContent = ""
    const problems = missing({ username: "Enter your user name", password: "Enter your password" })
    if (problems.length > 0) return problems
    const result = await send("POST", "/api/auth/login", { username: at("username").value, password: at("password").value })
    if (result.status === 200) {
      at("password").value = ""
      return showWho(true)
    }
    if (result.status === 401) {
      at("password").value = ""
      return [{ text: "User name or password is not right." }]
    }
    return [{ text: commonProblem(result) }]
  })
  at("logout").addEventListener("click", async () => {
    const { status } = await send("POST", "/api/auth/logout")
    if (status === 200 || status === 401) showSignedOut("You are logged out.")
    else at("in-title").textContent = "Logging out failed; try again"
  })
}

async function showWho(justNow) {
  const result = await send("GET", "/api/me")
  if (result.status !== 200) {
    showSignedOut("")
    if (justNow) return [{ text: "Signed in, but the browser does not keep the session. Are cookies allowed here?" }]
    if (result.status !== 401) showProblems([{ text: commonProblem(result) }])
    return undefined
  }
  if (signInStep(result.answer)) return undefined
  at("me-name").textContent = result.answer.username
  at("me-roles").textContent = (result.answer.roles || []).join(", ") || "none"
  at("in-title").textContent = "Signed in"
  showOnly("in")
  if (justNow) at("in-title").focus()
  return undefined
}

/** One section of the sign-in page. */
function showOnly(id) {
  for (const section of ["out", "in", "factor", "change"]) at(section).hidden = section !== id
}

function showSignedOut(text) {
  showOnly("out")
  at("notice").textContent = text
  at("username").focus()
}

if (at("setup")) startSetup(at("setup"))
if (at("login")) startLogin(at("login"))
`
