/**
 * What becomes of consumers that hold the old version while and after a rotation: `overlap`, both are good at the same name;
 * `alternating`, two names take turns, and the last one stays good until the next rotation; `window`, new logins with the
 * old one fail from the change until the consumer reads the secret again; `none`, nothing is held anywhere else.
 */
export type Promised = "overlap" | "alternating" | "window" | "none"

export interface Strategy {
  readonly name: string
  readonly label: string
  readonly promises: Promised
  /** The secret of somebody who may change others, named by the member `masterarn`. */
  readonly admin: "required" | "optional" | "none"
  /** Members of the secret's JSON, those in brackets optional. */
  readonly needs: string
  readonly revoke: string
}

const LOGIN_AND_ADMIN = "engine host username password [port dbname ssl sslrootcert generate masterarn]"

/** Only what was rotated against a real server in a test stands here. */
export const STRATEGIES = [
  {
    name: "postgres-single",
    label: "PostgreSQL, one user",
    promises: "window",
    admin: "optional",
    needs: LOGIN_AND_ADMIN,
    revoke: "ends the user's sessions",
  },
  {
    name: "postgres-alternating",
    label: "PostgreSQL, two users that act as one role",
    promises: "alternating",
    admin: "required",
    needs: "engine host username password masterarn [port dbname ssl sslrootcert generate]",
    revoke: "takes the other user's password away and ends its sessions",
  },
  {
    name: "generated",
    label: "A password, passphrase, token or key pair that is used elsewhere",
    promises: "none",
    admin: "none",
    needs: "generate.kind",
    revoke: "nothing",
  },
  {
    name: "redis",
    label: "Redis and Valkey, one user with two passwords",
    promises: "overlap",
    admin: "optional",
    needs: "engine host username password [port nodes ssl sslrootcert probeKey generate masterarn]",
    revoke: "removes the previous password and ends all sessions of the user",
  },
  {
    name: "mariadb-single",
    label: "MariaDB, one user at all its hosts",
    promises: "window",
    admin: "optional",
    needs: LOGIN_AND_ADMIN,
    revoke: "ends the user's sessions",
  },
  {
    name: "mariadb-alternating",
    label: "MariaDB, two users with the same rights",
    promises: "alternating",
    admin: "required",
    needs: "engine host username password masterarn [port dbname ssl sslrootcert generate]",
    revoke: "replaces the other user's password by one that nobody knows and ends its sessions",
  },
  {
    name: "rabbitmq-single",
    label: "RabbitMQ, one user",
    promises: "window",
    admin: "required",
    needs: "engine host username password masterarn [port managementPort vhost ssl sslrootcert generate]",
    revoke: "closes the user's connections",
  },
  {
    name: "rabbitmq-alternating",
    label: "RabbitMQ, two users with the same tags, permissions and limits",
    promises: "alternating",
    admin: "required",
    needs: "engine host username password masterarn [port managementPort vhost ssl sslrootcert generate]",
    revoke: "replaces the other user's password by one that nobody knows and closes its connections",
  },
  {
    name: "aws-iam",
    label: "AWS access keys of an IAM user",
    promises: "overlap",
    admin: "optional",
    needs: "engine username accessKeyId secretAccessKey [region masterarn]",
    revoke: "makes the previous key inactive; the next rotation deletes it",
  },
  {
    name: "http-key",
    label: "A key of any HTTP API that makes, lists and revokes keys",
    promises: "overlap",
    admin: "optional",
    needs: "engine apiKey keyId http.create http.list http.test http.revoke [ssl sslrootcert masterarn]",
    revoke: "revokes the previous key",
  },
  {
    name: "webhook",
    label: "Anything: a receiver of your own is told what to do",
    promises: "window",
    admin: "none",
    needs: "engine webhook signingKey password [ssl sslrootcert generate]",
    revoke: "tells the receiver",
  },
] as const satisfies readonly Strategy[]

export type StrategyName = (typeof STRATEGIES)[number]["name"]

export const STRATEGY_NAMES: readonly StrategyName[] = STRATEGIES.map(({ name }) => name)

export function isStrategy(text: string): text is StrategyName {
  return STRATEGY_NAMES.some((name) => name === text)
}
