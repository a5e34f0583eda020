import type { Row } from "../matrix.ts"

/** What the schemas cannot say. CommonMark. */
export const ABOUT = {
  summary: "A governed front door to secrets.",
  description: `Every verb goes the same way: who asks, what for, does policy agree, is the entry durable, then the answer.

**Names** stand in the path as they are, slashes included (\`/api/secrets/config/app/access\`); \`%2F\`, \`%40\`, \`%2B\` and
\`%3D\` are the only escapes, so percent-encoding clients work too. Segments of \`A-Z a-z 0-9 _ + = . @ -\`.

**Errors** are \`{error, code, requestId}\` and facts. Refusals come in this order: 401, 429 \`rate_limited\`,
415/413/400, 403 \`forbidden\`, 404, 409, 403 \`approval_required\`, 403 \`verification_required\`, 429 \`quota_exceeded\`.
A name that the caller may not use is \`forbidden\` whether it exists or not. What is no HTTP at all is answered 400, 408
or 431 and the connection closes; any other path is 404 \`not_found\`, any other method 405 \`method_not_allowed\`.

**Bodies** are JSON in UTF-8, one strict schema for each route: nothing is coerced, no unknown or repeated field is
accepted, no query field that is not listed either. No text but a secret's value holds U+0000, none half of a surrogate pair.

**Sending twice**: with an \`Idempotency-Key\` the same request by the same caller answers as before and changes nothing;
with another body or from another caller it is 409 \`idempotency_mismatch\`.`,
  bearer: "A session's token from `POST /api/auth/login`, or a service account's.",
  cookie: "The same session in a browser. Counts for requests other than GET from the server's own pages only.",
  idempotencyKey: "32 to 64 of `A-Z a-z 0-9 -`; becomes the version id.",
  name: "The secret's name, slashes and all, or with them as `%2F`.",
  headers: {
    "x-request-id": "The request's id, as in its audit entry and its error.",
    "www-authenticate": "`Bearer`",
    "retry-after": "Seconds.",
    location: "Where the browser goes on.",
    "set-cookie": "The session, for a browser on the server's own pages.",
  },
} as const

export const TAGS: readonly { readonly name: string; readonly of: Row["resource"]; readonly description: string }[] = [
  { name: "Secrets", of: "secret", description: "Values, versions and their life." },
  { name: "Policies", of: "policy", description: "Who may do what, and under which conditions." },
  { name: "People and programs", of: "user", description: "Accounts, sessions and tokens." },
  { name: "Approvals", of: "request", description: "What others are asked to allow, and the grants that come of it." },
  {
    name: "Single sign-on",
    of: "identity_provider",
    description: "OpenID Connect providers, and signing in with them.",
  },
  { name: "Audit log", of: "audit", description: "Entries, and the proofs that none is missing or changed." },
  { name: "Keys", of: "key", description: "The key-encryption keys." },
  { name: "Service", of: "service", description: "Whether it works, and what it can do." },
]
