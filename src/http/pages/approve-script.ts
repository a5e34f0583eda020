/** The list of requests that wait, and one of them. What a request says is shown as text, never as markup. */
export const APPROVE_SCRIPT = `"use strict"
const STATES = {
  pending: "Waiting",
  approved: "Approved",
  denied: "Denied",
  cancelled: "Taken back",
  void: "Void: what it was made on has changed",
  reviewed: "Reviewed",
  expired: "Lapsed: nobody decided in time",
}
const WANTS = { read: "to read", purge: "to delete for good" }
const anyNumber = (text) => (value) => (value === null ? text : String(value))
const roles = (none) => (value) => (value === null ? none : value.join(", ") || "nobody")
const yesNo = (value) => (value ? "yes" : "no")
const byVerb = (value) => Object.entries(value).map(([verb, given]) => verb + ": " + (given.join(", ") || "nobody")).join("; ") || "as usual"
/** Every field of a policy row: its name, and its value in words. */
const POLICY = {
  secretPattern: ["Secrets", String],
  allowedRoles: ["Roles", roles("adds requirements only")],
  requiresMfa: ["Second factor", yesNo],
  requiresApproval: ["Approval", yesNo],
  approverRoles: ["Approvers", roles("the roles above")],
  minApprovals: ["Approvals it takes", String],
  grantMinutes: ["A grant lives, minutes", String],
  maxAccessPerDay: ["Reads a day", anyNumber("no limit")],
  allowedWorkloads: ["Programs", roles("none named")],
  workloadMaxAccessPerDay: ["A program's reads a day", anyNumber("no limit")],
  verbRoles: ["Roles by verb", byVerb],
  replacesRoles: ["Replaces wider rows' roles", yesNo],
}

const names = (secrets) => (secrets.length === 1 ? secrets[0] : secrets.length + " secrets")

function headline({ kind, requester, verb, secrets, change }) {
  if (kind === "break_glass") return requester + " opened " + names(secrets) + " in an emergency"
  if (kind === "access") return requester + " asks " + WANTS[verb] + " " + names(secrets)
  if (change.type === "person") return requester + " wants to change the account " + (change.username || change.id)
  if (change.type === "provider") return requester + " wants to change who may sign people in"
  if (change.type === "erasure") return requester + " wants to erase what is known about " + (change.username || change.id)
  if (change.type !== "policies") return requester + " wants a change that takes a second person"
  const patterns = change.put.map(({ secretPattern }) => secretPattern)
  return requester + " wants to change the rules" + (patterns.length > 0 ? " for " + patterns.join(", ") : "")
}

async function listPage(cursor) {
  const query = "of=decide" + (cursor ? "&cursor=" + encodeURIComponent(cursor) : "")
  const result = await send("GET", "/api/access-requests?" + query)
  if (result.status !== 200) return [problemOf(result)]
  const { requests, nextCursor } = result.answer
  at("requests").append(...requests.map(listItem))
  at("list").hidden = false
  at("nothing").hidden = at("requests").children.length > 0 || nextCursor !== null
  at("more").hidden = nextCursor === null
  at("more").dataset.cursor = nextCursor || ""
}

function listItem(request) {
  const line = make("li")
  const text = make("div")
  const link = make("a", headline(request))
  link.href = "/approve/" + encodeURIComponent(request.id)
  const since = make("span", "asked ", "soft")
  since.append(when(request.createdAt))
  text.append(link, make("span", request.reason === null ? "" : request.reason, "quote"), since)
  line.append(text)
  return line
}

const requestPath = "/api/access-requests/" + location.pathname.slice("/approve/".length)
let me, request

async function showRequest() {
  const result = await send("GET", requestPath)
  if (result.status === 404) return [{ text: "There is no such request, or it is not for you to see." }]
  if (result.status !== 200) return [problemOf(result)]
  request = result.answer
  at("title").textContent = headline(request)
  at("state").textContent = STATES[request.state]
  at("state").dataset.state = request.state
  at("facts").replaceChildren(...factLines(request))
  at("digest").textContent = request.digest
  at("request").hidden = false
  const problems = request.kind === "change" ? await showChange(request.change) : undefined
  return (await showAnswers()) || problems
}

function factLines(request) {
  const { kind, requester, secrets, reason, minutes, uses, steppedUp, needed, decisions } = request
  const approvals = decisions.filter(({ verdict }) => verdict === "approve").length
  const access = kind === "change" ? [] : [
    ["Secrets", secrets.join("\\n")],
    ["How long", minutes + (minutes === 1 ? " minute" : " minutes") + (kind === "break_glass" ? "" : " from the approval")],
    ["How often", uses === null ? "any number of times" : uses === 1 ? "once each" : uses + " times each"],
    ["Second factor", steppedUp ? "shown with the request; it counts as long as the grant lives" : "not shown; asked for at each use where policy wants one"],
  ]
  return [
    ["Who", requester],
    ["Why", reason === null ? "(erased)" : reason],
    ...access,
    ...(kind === "break_glass" ? [] : [["Approvals", approvals + " of " + needed]]),
    ...decisions.map(({ by, verdict, at }) => [{ approve: "Approved by", deny: "Denied by", review: "Reviewed by" }[verdict], by, at]),
    ["Asked", when(request.createdAt)],
    ...(request.state === "pending" && request.effectiveAt === null ? [["Lapses", when(request.expiresAt)]] : []),
    ...(request.effectiveAt === null ? [] : [[kind === "change" ? "Takes effect by itself" : "Window ends", when(request.effectiveAt)]]),
  ].map(factLine)
}

function factLine([name, value, at]) {
  const line = make("div")
  const said = make("dd")
  said.append(value)
  if (at) said.append(", ", when(at))
  line.append(make("dt", name), said)
  return line
}

async function showChange(change) {
  if (change.type === "person") return at("change").replaceChildren(make("h2", "What would change"), personTable(change))
  if (change.type !== "policies") return at("change").replaceChildren(make("h2", "What would change"), plainly(change))
  const result = await send("GET", "/api/policies")
  if (result.status !== 200) return [problemOf(result)]
  const { policies, epoch } = result.answer
  const current = (id) => (request.state === "pending" ? policies.find((row) => row.id === id) : undefined)
  const tables = [
    ...change.put.map((row) => policyTable(row.id, current(row.id), row)),
    ...change.removed.map((id) => policyTable(id, current(id), undefined)),
  ]
  at("change").replaceChildren(make("h2", "What would change"), ...tables)
  if (request.state === "pending" && epoch !== change.epoch) return [{ text: "The policies have changed since this was asked for: it can no longer be made." }]
}

/** Field by field, as the server says it: no kind of change may go by unseen. */
function plainly(change) {
  const list = make("dl")
  const said = (value) => (typeof value === "string" ? value : JSON.stringify(value))
  list.append(...Object.entries(change).map(([name, value]) => factLine([name, said(value)])))
  return list
}

function personTable(change) {
  const rows = []
  if (change.roles) rows.push(["Roles", change.roles.from.join(", ") || "none", change.roles.to.join(", ") || "none"])
  if (change.password) rows.push(["Password", "as it is", "another, set by " + request.requester])
  if (change.mustChangePassword !== undefined) rows.push(["Must change the password", "", yesNo(change.mustChangePassword)])
  if (change.resetFactors) rows.push(["Second factors", "as they are", "all taken away"])
  if (change.breakGlass !== undefined) rows.push(["Named for emergencies", "", yesNo(change.breakGlass)])
  if (change.disabled !== undefined) rows.push(["Disabled", "", yesNo(change.disabled)])
  return table("Account " + (change.username || change.id), rows)
}

/** Changed fields first; of a row that is new or goes, every field. */
function policyTable(id, before, after) {
  const rows = Object.entries(POLICY).map(([field, [name, say]]) => [name, before ? say(before[field]) : "", after ? say(after[field]) : ""])
  const differs = ([, was, will]) => was !== will
  const named = (before || after || { secretPattern: id }).secretPattern
  if (!after && !before) return make("p", "Row " + id + " is removed.")
  if (request.state !== "pending") return table("Row for " + named + ", as asked for", rows)
  const caption = "Row for " + named + (before && after ? "" : after ? " (new)" : " (removed)")
  return table(caption, [...rows.filter(differs), ...rows.filter((row) => !differs(row))])
}

function table(caption, rows) {
  const made = make("table")
  const head = make("tr")
  for (const name of ["", "Now", "Then"]) {
    const cell = make(name === "" ? "td" : "th", name)
    if (name !== "") cell.scope = "col"
    head.append(cell)
  }
  made.append(make("caption", caption), head, ...rows.map(tableRow))
  const room = make("div", undefined, "scroll")
  room.append(made)
  return room
}

function tableRow([name, was, will]) {
  const row = make("tr", undefined, was === will ? "" : "changed")
  const head = make("th", name)
  head.scope = "row"
  if (was !== will) head.append(" ", make("span", "changes", "badge"))
  row.append(head, make("td", was || "\\u2013"), make("td", will || "\\u2013"))
  return row
}

/** What this person can do about it. */
async function showAnswers() {
  for (const id of ["decide", "review", "own"]) at(id).hidden = true
  const { kind, state, requesterId, decisions } = request
  const own = requesterId === me.id
  if (kind === "break_glass") at("review").hidden = own || state !== "approved"
  if (kind === "break_glass" || state !== "pending") return undefined
  const admin = me.roles.includes("admin")
  if (own || (kind === "change" && admin && request.effectiveAt !== null)) {
    at("own-text").textContent = own ? "You asked for this yourself: somebody else decides." : "Any admin can stop this before it takes effect."
    at("cancel").textContent = own ? "Take it back" : "Stop it"
    at("own").hidden = false
  }
  if (own || decisions.some(({ byId }) => byId === me.id)) return undefined
  return showDecide()
}

async function showDecide() {
  const result = await send("GET", "/api/me/factors")
  if (result.status !== 200) return [problemOf(result)]
  const has = (kind) => result.answer.factors.some((one) => one.kind === kind)
  const signs = has("passkey")
  const plain = !signs && !has("totp")
  offerFactors(at("approve-form"), { passkey: signs, code: !signs })
  at("approve-form").hidden = plain
  at("plain-form").hidden = !plain
  at("how").textContent = signs
    ? "Your passkey signs the approval, so that the log proves that it was you."
    : plain ? "You have no second factor; with a passkey you could sign this." : "Show a code with your approval."
  at("decide").hidden = false
  if (signs && !browserHasPasskeys()) return [{ text: "You approve with your passkey, and this browser has none. Open this page where it is." }]
}

async function decide(verdict, body) {
  const result = await send("POST", requestPath + "/" + verdict, body)
  if (result.status === 200) return decided(result.answer)
  const { code, state, field } = result.answer
  if (code === "verification_failed") return [factorProblem(result)]
  if (code === "invalid_reason" || field === "/reason") return [{ field: verdict + "-reason", text: result.answer.error }]
  if (code === "request_closed" || code === "already_decided") {
    await showRequest()
    return [{ text: code === "already_decided" ? "You have already decided this." : result.answer.error + (STATES[state] ? ": " + STATES[state].toLowerCase() + "." : ".") }]
  }
  return [problemOf(result)]
}

async function decided(answer) {
  const problems = await showRequest()
  at("notice").textContent = outcome(answer)
  at("title").focus()
  return problems
}

function outcome({ state, approvals, needed, grants = [] }) {
  if (state === "denied") return "Denied. " + request.requester + " gets nothing."
  if (state === "reviewed") return "Reviewed."
  if (state === "cancelled") return "Taken back."
  if (state === "pending") return "Your approval counts: " + approvals + " of " + needed + ". Others have to approve too."
  if (request.kind === "change") return "Approved. The change is made."
  const until = grants.length > 0 ? " until " + when(grants[0].expiresAt).textContent : ""
  return "Approved. " + request.requester + " may go ahead" + until + "."
}

function startRequest() {
  const written = (verdict) => async () => {
    const id = verdict + "-reason"
    const problems = missing({ [id]: "Say why" })
    return problems.length > 0 ? problems : decide(verdict, { reason: at(id).value })
  }
  startFactorForm(at("approve-form"), "approve", requestPath.split("/").at(-1), (shown) => decide("approve", shown))
  onSubmit(at("plain-form"), () => decide("approve", {}))
  onSubmit(at("deny-form"), written("deny"))
  onSubmit(at("review-form"), written("review"))
  onPress(at("cancel"), () => decide("cancel", {}))
  whenSignedIn((signedIn) => {
    me = signedIn
    return showRequest()
  })
}

if (at("requests")) {
  onPress(at("more"), () => listPage(at("more").dataset.cursor))
  whenSignedIn(() => listPage(""))
}
if (at("request")) startRequest()
`
