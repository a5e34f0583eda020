import { REQUEST_ID } from "../api/headers.ts"
import { answerError, localError, type TylerApiError } from "./error.ts"

/** What is needed of an answer of `fetch`. */
export interface Reply {
  readonly ok: boolean
  readonly status: number
  /** `opaqueredirect` where a browser hides the redirect. */
  readonly type?: string
  readonly headers: { get(name: string): string | null }
  readonly body: AsyncIterable<Uint8Array> | null
}

/** Most bytes of an answer in JSON: 50 values of 64 KiB, each byte of them escaped, are 20 MB. Streams have no end. */
export const ANSWER_LIMIT = 32 * 1024 * 1024

/** @throws TylerApiError `bad_answer` for an answer of success that no Tyler server would give */
export function requireOurs(reply: Reply): void {
  if (reply.headers.get(REQUEST_ID) === null) throw notOurs(reply.status)
}

/** The answer's JSON object. The caller learns that it is none, never what it is: it may hold a value. */
export async function readObject(reply: Reply): Promise<object> {
  const json = parsed(await readText(reply))
  if (typeof json !== "object" || json === null) throw notOurs(reply.status)
  return json
}

/** What an answer that is no success says. */
export async function readRefusal(reply: Reply): Promise<TylerApiError> {
  return answerError(reply.status, parsed(await readText(reply)))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText(reply: Reply): Promise<string> {
  const decoder = new TextDecoder()
  let text = ""
  let bytes = 0
  for await (const piece of reply.body ?? []) {
    bytes += piece.byteLength
    if (bytes > ANSWER_LIMIT)
      throw localError("bad_answer", `The address answered with more than ${ANSWER_LIMIT} bytes`, {
        limit: ANSWER_LIMIT,
      })
    text += decoder.decode(piece, { stream: true })
  }
  return text + decoder.decode()
}

function notOurs(status: number): TylerApiError {
  return localError("bad_answer", `The address answered ${status}, but not as a Tyler server does`)
}
