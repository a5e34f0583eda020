import { invalid, type JsonObject, objectOf, optionalTextIn, portIn, textIn, tlsIn } from "./secret-json.ts"

/**
 * A user of a server, as AWS writes it down
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html).
 */
export interface Login {
  readonly engine: string
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly dbname: string | undefined
  /** Verified TLS; false only where the secret says `"ssl": false`. */
  readonly tls: boolean
  /** PEM of the authority to trust instead of the system's. */
  readonly ca: string | undefined
  /** All members, as they stand in the secret. */
  readonly all: JsonObject
}

/** What differs from one kind of server to the next. */
export interface LoginForm {
  readonly engines: readonly string[]
  readonly port: { readonly tls: number; readonly plain: number }
  /** Longest user name, in bytes. */
  readonly nameBytes: number
}

const HOST = /^[A-Za-z0-9]([A-Za-z0-9_.:-]{0,251}[A-Za-z0-9])?$/

/** @throws RotationFault `secret_invalid`, naming the member */
export function loginOf(text: string, form: LoginForm): Login {
  return parsed(objectOf(text), form)
}

/** An administrator's secret may be the short one that RDS makes: user and password, at the place of the current one. */
export function adminOf(text: string, form: LoginForm, current: Login): Login {
  const { engine, host, port, dbname, ssl, sslrootcert } = current.all
  const placed = Object.fromEntries(
    Object.entries({ engine, host, port, dbname, ssl, sslrootcert }).filter(([, value]) => value !== undefined),
  ) as JsonObject
  const admin = parsed({ ...placed, ...objectOf(text, "masterarn") }, form)
  if (admin.host !== current.host) throw invalid("masterarn", "is of another host")
  if (admin.username === current.username) throw invalid("masterarn", "is the same user")
  return admin
}

function parsed(all: JsonObject, form: LoginForm): Login {
  const engine = textIn(all, "engine", 40)
  if (!form.engines.includes(engine)) throw invalid("engine", `is not one of ${form.engines.join(", ")}`)
  const host = textIn(all, "host", 253)
  if (!HOST.test(host) && host !== "::1") throw invalid("host", "is no host name and no address")
  const tls = tlsIn(all)
  return {
    engine,
    host,
    port: portIn(all, "port", tls ? form.port.tls : form.port.plain),
    username: textIn(all, "username", form.nameBytes),
    password: textIn(all, "password", 4096),
    dbname: optionalTextIn(all, "dbname", 255),
    tls,
    ca: optionalTextIn(all, "sslrootcert", 65_536),
    all,
  }
}

const SUFFIX = "_clone"

/** `u` and `u_clone` take turns. */
export function otherName(username: string, form: LoginForm): string {
  if (username.endsWith(SUFFIX) && username.length > SUFFIX.length) return username.slice(0, -SUFFIX.length)
  const other = `${username}${SUFFIX}`
  if (Buffer.byteLength(other) > form.nameBytes)
    throw invalid("username", `leaves no room for ${SUFFIX} within ${form.nameBytes} bytes`)
  return other
}
