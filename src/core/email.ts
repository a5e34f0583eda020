/** RFC 5321, 4.5.3.1. */
const LONGEST = 254
const LONGEST_LOCAL = 64

const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/

/**
 * One mail address, and nothing around it: an ASCII dot-atom, `@`, and a host name of at least two labels (RFC 5321; no
 * quoted names, comments, address literals or lists). The domain comes out in lower case. Undefined for anything else.
 */
export function parseEmail(text: string): string | undefined {
  if (text.length > LONGEST) return undefined
  const at = text.lastIndexOf("@")
  const local = text.slice(0, Math.max(0, at))
  const domain = text.slice(at + 1).toLowerCase()
  if (local.length > LONGEST_LOCAL || !LOCAL.test(local) || !DOMAIN.test(domain)) return undefined
  return `${local}@${domain}`
}
