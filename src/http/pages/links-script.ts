/** Linked sign-ons on the page of one's own factors, whose script it uses. */
export const LINKS_SCRIPT = `"use strict"
async function loadLinks(said) {
  const [offered, linked] = await Promise.all([send("GET", "/api/auth/providers"), send("GET", "/api/me/identities")])
  if (offered.status !== 200 || linked.status !== 200) return [problemOf(offered.status === 200 ? linked : offered)]
  const { providers } = offered.answer
  const { identities } = linked.answer
  at("links").replaceChildren(...identities.map(linkItem))
  at("link-buttons").replaceChildren(...providers.map(linkButton))
  at("ways").hidden = providers.length === 0 && identities.length === 0
  if (said === undefined) return undefined
  at("notice").textContent = said
  at("title").focus()
}

function linkItem(identity) {
  const { issuer, subject, createdAt } = identity
  const line = make("li")
  const text = make("div")
  text.append(make("strong", issuer))
  const since = make("span", subject + ", since ", "soft")
  since.append(when(createdAt))
  text.append(since)
  const remove = make("button", "Unlink", "quiet small bad")
  remove.type = "button"
  remove.setAttribute("aria-label", "Unlink " + issuer)
  onPress(remove, () => unlinkOne(identity))
  line.append(text, remove)
  return line
}

function linkButton({ id, label }) {
  const button = make("button", "Link " + label, "quiet")
  button.type = "button"
  onPress(button, () => linkOne(id, label))
  return button
}

/** A factor where there is one, else the password: what the server asks of its owner. Undefined: closed. */
async function ownerProof(title, text) {
  if (hasFactor()) {
    const headers = await prove(title, text)
    return headers && { headers, body: {} }
  }
  at("owner-title").textContent = title
  at("owner-text").textContent = text
  const password = await ask(at("owner"))
  return password === undefined ? undefined : { headers: {}, body: password === "" ? {} : { password } }
}

async function linkOne(provider, label) {
  const proof = await ownerProof("Link " + label, "Then sign in there. From then on its roles are yours here.")
  if (!proof) return undefined
  const result = await send("POST", "/api/me/identities", { provider, ...proof.body }, proof.headers)
  if (result.status !== 200) return [problemOf(result)]
  location.assign(result.answer.location)
}

async function unlinkOne({ id, issuer }) {
  const proof = await ownerProof("Unlink " + issuer + "?", "It signs you in no more. Your other sessions end.")
  if (!proof) return undefined
  const result = await send("DELETE", "/api/me/identities/" + encodeURIComponent(id), proof.body, proof.headers)
  return result.status === 200 ? loadLinks(issuer + " is unlinked.") : [problemOf(result)]
}

onSubmit(at("owner-form"), async () => finish(at("owner"), at("owner-password").value))
`
