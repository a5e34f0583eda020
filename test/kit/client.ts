import { judge } from "./description.ts"

/** One caller of the API. Every call answers, whatever the status: judging is the test's business. */
export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  /** The parsed JSON body; the text itself where it is no JSON. */
  readonly body: T
  readonly text: string
}

/** What every refusal holds. */
export interface Problem {
  readonly error: string
  readonly code: string
  readonly requestId: string
  readonly [fact: string]: unknown
}

/** An answer nobody has typed: any field may be looked at. */
export type Loose = Readonly<Record<string, unknown>>

export type HeaderFields = Readonly<Record<string, string>>

export interface Client {
  readonly url: string
  readonly token: string | null
  send<T = Loose>(method: string, path: string, body?: unknown, headers?: HeaderFields): Promise<Answer<T>>
  get<T = Loose>(path: string, headers?: HeaderFields): Promise<Answer<T>>
  post<T = Loose>(path: string, body?: unknown, headers?: HeaderFields): Promise<Answer<T>>
  put<T = Loose>(path: string, body?: unknown, headers?: HeaderFields): Promise<Answer<T>>
  patch<T = Loose>(path: string, body?: unknown, headers?: HeaderFields): Promise<Answer<T>>
  delete<T = Loose>(path: string, body?: unknown, headers?: HeaderFields): Promise<Answer<T>>
}

/** Every answer must be as `/api/openapi.json` has it. @param token null: anonymous. A string body is sent as it is. */
export function clientOf(url: string, token: string | null): Client {
  async function send<T>(method: string, path: string, body?: unknown, headers: HeaderFields = {}): Promise<Answer<T>> {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      redirect: "manual",
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    judge(method, path, response.status, response.headers.get("content-type"), text)
    return { status: response.status, headers: response.headers, body: parsed(text) as T, text }
  }
  return {
    url,
    token,
    send,
    get: (path, headers) => send("GET", path, undefined, headers),
    post: (path, body, headers) => send("POST", path, body, headers),
    put: (path, body, headers) => send("PUT", path, body, headers),
    patch: (path, body, headers) => send("PATCH", path, body, headers),
    delete: (path, body, headers) => send("DELETE", path, body, headers),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
