/** A browser as far as sign-on needs one: cookies by origin, redirects one by one, forms. */
export interface Browsing {
  /** Follows redirects until a page answers, or one leads to where `stop` says. */
  go(url: string, options?: { form?: Record<string, string>; stop?: (url: string) => boolean }): Promise<Visited>
  /** Name and value of each cookie kept for an origin. */
  cookies(origin: string): Map<string, string>
}

export interface Visited {
  /** The last address, fragment included. */
  readonly url: string
  readonly status: number
  readonly text: string
  /** Every Set-Cookie seen on the way. */
  readonly setCookies: readonly string[]
}

const MOST = 20

export function browsing(): Browsing {
  const jars = new Map<string, Map<string, string>>()

  function cookies(origin: string): Map<string, string> {
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    return jar
  }

  async function go(
    start: string,
    { form, stop = () => false }: { form?: Record<string, string>; stop?: (url: string) => boolean } = {},
  ): Promise<Visited> {
    const setCookies: string[] = []
    let url = start
    let body = form === undefined ? null : new URLSearchParams(form)
    for (let hop = 0; hop < MOST; hop++) {
      const { origin } = new URL(url)
      const jar = cookies(origin)
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ")
      const response = await fetch(url.split("#", 1)[0] ?? "", {
        method: body === null ? "GET" : "POST",
        headers: cookie === "" ? {} : { cookie },
        body,
        redirect: "manual",
      })
      for (const one of response.headers.getSetCookie()) {
        setCookies.push(one)
        keep(jar, one)
      }
      const location = response.headers.get("location")
      if (location === null) return { url, status: response.status, text: await response.text(), setCookies }
      await response.body?.cancel()
      url = new URL(location, url).href
      if (stop(url)) return { url, status: response.status, text: "", setCookies }
      body = null
    }
    throw new Error(`more than ${MOST} redirects from ${start}`)
  }

  return { go, cookies }
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = ""] = line.split(";", 1)
  const name = pair.slice(0, pair.indexOf("="))
  const value = pair.slice(pair.indexOf("=") + 1)
  if (value === "" || /; *max-age=0/i.test(line)) jar.delete(name)
  else jar.set(name, value)
}
