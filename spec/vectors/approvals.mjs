// Rules APP-* of spec/audit-log.md, beside verify.mjs and like it without any code of the product.
import { createHash, createPublicKey, verify } from "node:crypto"

const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest()
const ID = "[A-Za-z0-9._:-]{1,128}"
const B64 = "[A-Za-z0-9_-]+"
const FACT = "[a-z][A-Za-z]{0,39}=[!-~]+"
const SIGNED = `nonce=(${B64}) credential=(${B64}) client=(${B64}) authenticator=(${B64}) signature=(${B64})`
const PLACE = "rpId=([a-z0-9.-]{1,253}) origin=(https?://[a-z0-9.:[\\]-]{1,290})"
const KEY = `credential=(${B64}) algorithm=(-7|-8|-257) key=(${B64})`
const ADDED = RegExp(`^factor=(${ID}) kind=passkey ${KEY} ${PLACE}$`)
const OTHER = RegExp(`^factor=(${ID}) kind=(?:totp|recovery)$`)
const REMOVED = RegExp(`^factor=(${ID}(?:\\+${ID})*)$`)
const REQUEST = RegExp(`^(${FACT}(?: ${FACT})*) digest=(${B64})$`)
const APPROVE = RegExp(`^digest=(${B64})(?: ${SIGNED})?(?: (${FACT}(?: ${FACT})*))?$`)
const RESETS = ["USER_CHANGE", "ACCESS_APPROVE", "CHANGE_EFFECTIVE", "ADMIN_RECOVERED"]
const RESET = RegExp(`(?:^| )factorsReset=(${ID})(?: |$)`)
const OWN = ["digest", "nonce", "credential", "client", "authenticator", "signature"]

/** Whatever is thrown while an entry is judged is its fault. */
function must(condition) {
  if (!condition) throw new Error("breach")
}

const match = (pattern, { details }) => (pattern.exec(details ?? "") ?? must(false)).slice(1)
function bytes(text, most, least = 1) {
  const value = Buffer.from(text, "base64url")
  must(value.toString("base64url") === text && value.length >= least && value.length <= most)
  return value
}

function facts(text) {
  const keys = text.split(" ").map((word) => word.slice(0, word.indexOf("=")))
  must(text.length <= 16384 && new Set(keys).size === keys.length && !keys.some((key) => OWN.includes(key)))
}

const isId = (text) => RegExp(`^${ID}$`).test(text)

function openKey(der, algorithm) {
  const key = createPublicKey({ key: der, format: "der", type: "spki" })
  must(key.export({ format: "der", type: "spki" }).equals(der))
  const { asymmetricKeyType: type, asymmetricKeyDetails: about } = key
  if (algorithm === "-7") must(type === "ec" && about.namedCurve === "prime256v1")
  else if (algorithm === "-8") must(type === "ed25519")
  else must(type === "rsa" && about.publicExponent === 65537n)
  must(type !== "rsa" || (about.modulusLength >= 2048 && about.modulusLength <= 4096))
  return key
}

// APP-7.
function asserted(passkey, challenge, client, data, signature) {
  must(Buffer.from(client.toString()).equals(client))
  const said = JSON.parse(client.toString())
  must(said.type === "webauthn.get" && said.challenge === challenge.toString("base64url"))
  must(said.origin === passkey.origin && (said.crossOrigin ?? false) === false && (said.topOrigin ?? null) === null)
  must(data.length >= 37 && data.subarray(0, 32).equals(sha(passkey.rpId)))
  const flags = data[32]
  must((flags & 0x45) === 0x05 && (flags & 0x18) !== 0x10 && ((flags & 0x80) !== 0) === data.length > 37)
  const signed = Buffer.concat([data, sha(client)])
  const key = openKey(passkey.key, passkey.algorithm)
  must(verify(passkey.algorithm === "-8" ? null : "sha256", signed, key, signature))
}

const RULES = {
  FACTOR_ADDED(log, { index, userId, details }) {
    must(isId(userId))
    if (OTHER.test(details ?? "")) return
    const [factor, credential, algorithm, key, rpId, origin] = match(ADDED, { details })
    bytes(credential, 1023)
    log.passkeys.push({ index, userId, factor, credential, algorithm, key: bytes(key, 2048), rpId, origin })
  },
  FACTOR_REMOVED(log, entry) {
    const gone = match(REMOVED, entry)[0].split("+")
    log.passkeys = log.passkeys.filter((each) => each.userId !== entry.resourceName || !gone.includes(each.factor))
  },
  ACCESS_REQUEST(log, entry) {
    const { index, resourceType, resourceName: id, userId } = entry
    const [text, digest] = match(REQUEST, entry)
    facts(text)
    must(resourceType === "request" && isId(id) && isId(userId) && !log.requests.has(id))
    must(bytes(digest, 32, 32).equals(sha(["tyler-access-request/1", id, userId, text].join("\n"))))
    log.requests.set(id, { index, userId, digest })
  },
  ACCESS_APPROVE(log, entry) {
    const [digest, nonce, credential, client, data, signature, further] = match(APPROVE, entry)
    const { resourceType, resourceName: id, userId } = entry
    if (further) facts(further)
    must(resourceType === "request" && isId(id) && isId(userId) && bytes(digest, 32, 32))
    const request = log.requests.get(id)
    must(request ? request.digest === digest && request.userId !== userId : log.emptied >= 0)
    must(!log.once.has(`${id} ${userId}`) && !(nonce && log.once.has(nonce)))
    log.once.add(`${id} ${userId}`).add(nonce)
    const held = log.passkeys.filter((each) => each.userId === userId)
    const passkey = held.findLast((each) => !nonce || each.credential === credential)
    if (nonce) {
      bytes(credential, 1023)
      const challenge = sha(bytes(nonce, 32, 32), bytes(digest, 32))
      const parts = [bytes(client, 4096), bytes(data, 1024), bytes(signature, 1024)]
      if (passkey) asserted(passkey, challenge, ...parts)
      must(passkey || log.emptied >= 0)
      if (passkey) log.signatures++
    } else must(!passkey || passkey.index < log.emptied)
    log.approvals++
    if (Math.min(request?.index ?? -1, passkey?.index ?? -1) < log.emptied) log.unchecked++
  },
}

/** @returns counts, and the numbers of entries that break a rule. */
export function checkApprovals(entries) {
  const log = { passkeys: [], requests: new Map(), once: new Set(), emptied: -1 }
  Object.assign(log, { approvals: 0, signatures: 0, unchecked: 0, breaches: [] })
  for (const entry of entries) {
    if (!entry.action) log.emptied = entry.index
    try {
      if (entry.result !== "SUCCESS") continue
      if (Object.hasOwn(RULES, entry.action)) RULES[entry.action](log, entry)
      const reset = RESETS.includes(entry.action) && RESET.exec(entry.details ?? "")?.[1]
      if (reset) log.passkeys = log.passkeys.filter((each) => each.userId !== reset)
    } catch {
      log.breaches.push(entry.index)
    }
  }
  return log
}
