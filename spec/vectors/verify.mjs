// A second verifier of audit exports, written from spec/audit-log.md alone: it shares no code with the product, so a
// mistake in one shows as a disagreement. It reads the whole file into memory; the product's verifier streams.
//   node verify.mjs EXPORT VERIFIER_KEY_FILE [CHECKPOINT_FILE...]     prints the verdict, exits 0 or 1
import { createHash, createPublicKey, verify as verifySignature } from "node:crypto"
import { readFileSync } from "node:fs"
import { checkApprovals } from "./approvals.mjs"

const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest()
const from64 = (text) => Buffer.from(text, "base64")
const fields = (...values) => Buffer.concat(values.map(field))
function field(value) {
  if (value === null) return Buffer.from("ffffffff", "hex")
  const bytes = Buffer.from(typeof value === "number" ? String(value) : value)
  const count = Buffer.alloc(4)
  count.writeUInt32BE(bytes.length)
  return Buffer.concat([count, bytes])
}

// RFC 6962, section 2.1, as written there.
function treeHash(leaves, from = 0, to = leaves.length) {
  if (to === from) return sha(Buffer.alloc(0))
  if (to - from === 1) return leaves[from]
  const split = from + 2 ** (Math.ceil(Math.log2(to - from)) - 1)
  return sha(Buffer.of(1), treeHash(leaves, from, split), treeHash(leaves, split, to))
}

// PARSE-*: keys in their order; `?` may be null, `#` is a count, `@` a list of texts, `=` 32 bytes in base64.
const OPEN = "requestId action result resourceType resourceName userId principalKind @roles @policyIds decision"
const REST = "?versionId ?grantId ?details #?quotaUse =?salt ?username ?ipAddress ?userAgent ?reason =leafHash"
const STANDING = `#index #timestamp ${OPEN} ${REST}`.split(" ")
const SHAPES = [STANDING, [...STANDING, "#erasedBy", "=commitment"], ["#index", "=leafHash", "#erasedBy"]]
const bare = (key) => key.replace(/^\W+/, "")
const isText = (value) => typeof value === "string" && value.isWellFormed()
const isCount = (value) => Number.isSafeInteger(value) && value >= 0
const isHash = (value) => isText(value) && from64(value).length === 32 && from64(value).toString("base64") === value

function fits(key, value) {
  if (value === null) return key.includes("?")
  if (key[0] === "#") return isCount(value)
  if (key[0] === "@") return Array.isArray(value) && value.every(isText)
  if (key === "result") return ["SUCCESS", "FAILURE", "DENIED", "INTENT", "UNKNOWN"].includes(value)
  return key[0] === "=" ? isHash(value) : isText(value)
}

function parseJson(line) {
  try {
    const value = JSON.parse(line)
    return typeof value === "object" && value !== null && JSON.stringify(value) === line ? value : null
  } catch {
    return null
  }
}

function parseEntry(line) {
  const entry = line.length <= 1048576 && parseJson(line)
  if (!entry) return null
  const shape = SHAPES.find((keys) => keys.map(bare).join() === Object.keys(entry).join())
  return shape?.every((key) => fits(key, entry[bare(key)])) ? entry : null
}

// ENC-* and ERA-1: the kind of fault, or null.
function checkLeaf(entry) {
  const who = [entry.username, entry.ipAddress, entry.userAgent, entry.reason]
  const gone = [...who, entry.salt].every((value) => value === null)
  if ("erasedBy" in entry ? !gone : entry.salt === null) return "erasure"
  const commitment = gone ? from64(entry.commitment) : sha(from64(entry.salt), fields(...who))
  const open = OPEN.split(" ").map((key) => (key[0] === "@" ? fields(...entry[bare(key)]) : entry[key]))
  const rest = [entry.versionId, entry.grantId, entry.details, commitment, entry.quotaUse]
  const leaf = sha(Buffer.of(0), fields("tyler-audit-entry/1", entry.timestamp, ...open, ...rest))
  return leaf.toString("base64") === entry.leafHash ? null : "changed"
}

// ERA-2 to ERA-4: entries whose absence nothing orders.
function unordered(entries) {
  const erased = entries.filter((entry) => "erasedBy" in entry)
  const bad = erased.filter((entry) => entry.erasedBy <= entry.index)
  for (const index of new Set(erased.map((entry) => entry.erasedBy))) {
    const claims = erased.filter((entry) => entry.erasedBy === index && entry.index < index)
    const order = entries.find((entry, at) => entry.index === index && entry.action && at > entries.indexOf(claims[0]))
    const deed = order && `${order.result} ${order.action} ${order.resourceType}`
    const range = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})$/.exec(order?.resourceName) ?? [0, 1, 0]
    const holds = ({ index: n }) => deed === "SUCCESS RETAIN entries" && n >= +range[1] && n <= +range[2]
    const names = ({ userId }) => deed === "SUCCESS ERASE person" && userId === order.resourceName
    const refused = claims.filter((entry) => !(entry.action ? names(entry) : holds(entry)))
    bad.push(...refused.toSorted((a, b) => a.index - b.index).slice(0, 1))
  }
  return bad
}

function openKey(text) {
  const [name, hash, ...rest] = text.trim().split("+")
  const typed = from64(rest.join("+"))
  const keyHash = sha(Buffer.from(`${name}\n`), typed).subarray(0, 4)
  if (typed.length !== 33 || typed[0] !== 1 || keyHash.toString("hex") !== hash) throw new Error("not a verifier key")
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), typed.subarray(1)])
  return { name, keyHash, key: createPublicKey({ key: der, format: "der", type: "spki" }) }
}

// CP-*: { size, root } or the kind of fault.
function openCheckpoint(note, key) {
  const cut = note.lastIndexOf("\n\n")
  const [origin, size, root] = note.split("\n")
  if (origin !== key.name) return "wrong_origin"
  if (cut < 0 || !note.endsWith("\n") || [...note].some((c) => c < " " && c !== "\n")) return "bad_checkpoint"
  const lines = note.slice(cut + 2, -1).split("\n")
  const opened = lines.map((line) => /^\u2014 (\S+) (\S+)$/u.exec(line) ?? ["", "", ""])
  if (opened.length > 16 || opened.some(([, , text]) => text.length < 7 || from64(text).toString("base64") !== text))
    return "bad_checkpoint"
  const hash = key.keyHash.toString("hex")
  const ours = opened.filter(([, name, text]) => name === key.name && from64(text).toString("hex", 0, 4) === hash)
  const body = Buffer.from(note.slice(0, cut + 1))
  const genuine = ours.every(([, , text]) => verifySignature(null, body, key.key, from64(text).subarray(4)))
  if (!ours.length || !genuine) return "bad_signature"
  if (!isHash(root) || !isCount(Number(size)) || String(Number(size)) !== size) return "bad_checkpoint"
  return { size: Number(size), root: from64(root) }
}

// Lines without their newline; one that is not UTF-8 becomes text that no export holds.
function decode(bytes) {
  const lines = bytes.toString("latin1").split("\n")
  if (lines.at(-1) === "") lines.pop()
  const text = (raw) => Buffer.from(raw, "latin1").toString()
  return lines.map((raw) => (Buffer.from(text(raw)).toString("latin1") === raw ? text(raw) : "\u0000"))
}

/** @returns {{ ok: boolean, size: number, root: string | null, faults: string[] }} faults as `kind first last` */
export function verify(bytes, keyText, checkpoints = []) {
  const key = openKey(keyText)
  const own = []
  const fault = (list, kind, first = "-", last = first) => list.push(`${kind} ${first} ${last}`)
  const given = checkpoints.map((note) => openCheckpoint(note, key))
  for (const kind of given) if (typeof kind === "string") fault(own, kind)
  const trusted = given.filter((each) => each.size >= 0).toSorted((a, b) => a.size - b.size)

  const lines = decode(bytes)
  const header = (origin) => `{"tyler":"audit-export","version":1,"origin":${JSON.stringify(origin)},"from":0}`
  const named = parseJson(lines[0] ?? "")?.origin
  if (lines[0] !== header(key.name)) fault(own, isText(named) && lines[0] === header(named) ? "wrong_origin" : "header")
  if (lines.length && !/^\{"(index|checkpoint)":/.test(lines[0])) lines.shift()
  const end = lines.findIndex((line) => line.startsWith('{"checkpoint":'))
  const entries = lines.slice(0, end < 0 ? lines.length : end).map(parseEntry)
  const read = entries.filter((entry) => entry !== null)

  // Numbers against places.
  const [moved, gaps] = [[], new Set()]
  let [next, unread] = [0, 0]
  for (const entry of entries) {
    if (!entry) fault(own, "malformed", next + unread++)
    if (!entry) continue
    const kind = entry.action && checkLeaf(entry)
    if (kind) fault(own, kind, entry.index)
    if (entry.index < next) fault(moved, gaps.delete(entry.index) ? "reordered" : "inserted", entry.index)
    else for (let n = next + unread; n < entry.index && gaps.size < 1e6; n++) gaps.add(n)
    next = Math.max(next, entry.index + 1)
    unread = 0
  }
  const due = next + unread
  const sound = read.length === entries.length && !own.some((text) => /^(changed|erasure)/.test(text))
  for (const entry of unordered(read)) fault(own, "erasure", entry.index)
  const starts = [...gaps].filter((n) => !gaps.has(n - 1))
  const stops = [...gaps].filter((n) => !gaps.has(n + 1)).toSorted((a, b) => a - b)
  for (const [at, n] of starts.toSorted((a, b) => a - b).entries()) fault(moved, "dropped", n, stops[at])

  const note = end < 0 ? "" : parseJson(lines[end])?.checkpoint
  const spelled = isText(note) && JSON.stringify({ checkpoint: note }) === lines[end]
  const signed = spelled ? openCheckpoint(note, key) : "bad_checkpoint"
  if (end < 0) fault(own, "truncated", due)
  else if (typeof signed === "string") fault(own, signed)
  if (end >= 0) for (const _ of lines.slice(end + 1)) fault(own, "inserted")

  // What was read against what was signed.
  const leaves = read.map((entry) => from64(entry.leafHash))
  const agrees = ({ size, root }) => treeHash(leaves, 0, size).equals(root)
  const whole = signed.size === leaves.length && agrees(signed)
  if (whole) {
    moved.length = 0
    for (const [place, entry] of read.entries()) if (entry.index !== place) fault(moved, "changed", place)
  } else if (due < signed.size) fault(moved, "truncated", due, signed.size - 1)
  else if (due > signed.size) fault(moved, "inserted", signed.size, due - 1)
  const furthest = trusted.at(-1)?.size ?? 0
  if (furthest > Math.max(due, signed.size ?? 0)) fault(moved, "truncated", due, furthest - 1)
  const reached = trusted.filter(({ size }) => size <= leaves.length)
  const broken = reached.findIndex((checkpoint) => !agrees(checkpoint))
  const good = (broken < 0 ? reached : reached.slice(0, broken)).at(-1)?.size ?? 0
  const bad = reached[broken]?.size ?? (whole ? undefined : signed.size)
  if (bad !== undefined && sound && !moved.length) fault(moved, whole ? "not_extension" : "changed", good, bad - 1)
  const faults = [...own, ...moved]
  const { approvals, signatures, unchecked, breaches } = checkApprovals(read)
  if (!faults.length) for (const index of breaches) fault(faults, "approval", index)
  const root = faults.length ? null : signed.root.toString("base64")
  return { ok: root !== null, size: leaves.length, root, faults, approvals, signatures, unchecked }
}

if (import.meta.main ?? process.argv[1]?.endsWith("verify.mjs")) {
  const [file, keyFile, ...notes] = process.argv.slice(2)
  const [key, ...given] = [keyFile, ...notes].map((name) => readFileSync(name, "utf8"))
  const verdict = verify(readFileSync(file), key, given)
  console.log(verdict.ok ? `ok ${verdict.size} ${verdict.root}` : verdict.faults.join("\n"))
  process.exitCode = verdict.ok ? 0 : 1
}
