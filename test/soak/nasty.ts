import { pick } from "./campaign.ts"

const TEXTS: readonly string[] = [
  "",
  " ",
  "x",
  "config/*",
  "**",
  "../x",
  "__proto__",
  "constructor",
  "a".repeat(511),
  "a".repeat(512),
  "b".repeat(70_000),
  "\u0000",
  "\ud800",
  "\u202etxt",
  "\u0430dmin",
  "\u{1f511}".repeat(200),
  "'; DROP TABLE secret; --",
  "${7*7}{{7*7}}",
  "2026-02-30T25:61:00Z",
  "1e309",
  "-0",
  "\r\nSet-Cookie: a=b",
]

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  [],
  {},
  [[[]]],
  { value: { value: {} } },
  ["soak/fuzzed", "soak/fuzzed"],
  Array.from({ length: 51 }, () => "soak/fuzzed"),
  ...TEXTS,
]

const SEGMENTS: readonly string[] = [
  "soak/fuzzed",
  "soak%2Ffuzzed",
  "soak%252Ffuzzed",
  "soak//fuzzed",
  "soak/../soak/fuzzed",
  "soak/%2e%2e/x",
  "soak\\fuzzed",
  "soak/fuzzed/",
  "Soak/Fuzzed",
  "%00",
  "%ff",
  "%",
  "%zz",
  "__proto__",
  "constructor/prototype",
  "access",
  "a".repeat(500),
  "a".repeat(3000),
  "*",
  "soak/*",
  "1",
  "0",
  "-1",
  "9".repeat(30),
  "00000000-0000-4000-8000-000000000000",
  "+@=_.-",
  "\u00e9",
]

const LINES: readonly string[] = [
  "Content-Type: text/plain",
  "Content-Type: application/json; charset=utf-16",
  "Content-Encoding: gzip",
  "Transfer-Encoding: chunked",
  "Content-Length: 5",
  "Content-Length: -1",
  "Expect: 100-continue",
  "Idempotency-Key: short",
  `Idempotency-Key: ${"k".repeat(40)}`,
  "X-Forwarded-For: 10.0.0.1, 10.0.0.2",
  "X-HTTP-Method-Override: DELETE",
  "X-Verification-Token: x",
  "Authorization: Basic eDp5",
  "Cookie: tyler_session=x; __Host-tyler_session=y",
  "Origin: https://elsewhere.example",
  "Sec-Fetch-Site: cross-site",
  "Upgrade: websocket",
  `User-Agent: ${"u".repeat(4000)}`,
  "Range: bytes=0-1",
]

export function nastySegment(draw: () => number): string {
  return pick(draw, SEGMENTS)
}

export function nastyLines(draw: () => number): string[] {
  return Array.from({ length: 1 + Math.floor(draw() * 2) }, () => pick(draw, LINES))
}

/** A good body with one thing wrong, or nothing; sometimes no JSON at all. */
export function nastyBody(draw: () => number, example: object): string {
  return pick(draw, WAYS)(example as Readonly<Record<string, unknown>>, draw)
}

type Body = Readonly<Record<string, unknown>>

function keyOf(example: Body, draw: () => number): string {
  return pick(draw, [...Object.keys(example), "reason"])
}

const WAYS: readonly ((example: Body, draw: () => number) => string)[] = [
  (example) => JSON.stringify(example),
  (example, draw) => JSON.stringify({ ...example, [keyOf(example, draw)]: pick(draw, VALUES) }),
  (example, draw) => JSON.stringify({ ...example, [keyOf(example, draw)]: pick(draw, VALUES) }),
  (example, draw) => JSON.stringify({ ...example, [pick(draw, TEXTS)]: pick(draw, VALUES) }),
  (example, draw) => {
    const left = keyOf(example, draw)
    return JSON.stringify(Object.fromEntries(Object.entries(example).filter(([key]) => key !== left)))
  },
  (example, draw) => {
    const key = keyOf(example, draw)
    return `{${JSON.stringify(key)}:1,${JSON.stringify(example).slice(1)}`
  },
  (example, draw) => JSON.stringify(example).slice(0, Math.floor(draw() * 40)),
  (example, draw) => {
    const text = JSON.stringify(example)
    const place = Math.floor(draw() * text.length)
    return text.slice(0, place) + String.fromCharCode(Math.floor(draw() * 256)) + text.slice(place + 1)
  },
  (example) => JSON.stringify([example]),
  (_, draw) => "[".repeat(Math.floor(draw() * 60_000)),
  (_, draw) => JSON.stringify(pick(draw, VALUES)),
]
