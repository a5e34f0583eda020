import assert from "node:assert/strict"
import { createHash, createHmac } from "node:crypto"
import { spawnSync } from "node:child_process"
import { createServer, type Socket } from "node:net"
import { test } from "node:test"
import { SignatureV4 } from "@smithy/signature-v4"
import { connect } from "./connect.ts"
import { iamToken } from "./iam-token.ts"

const NOW = Date.UTC(2026, 10, 27, 12)
const PLACE = {
  host: "db.abc.eu-central-1.rds.amazonaws.com",
  port: "5433",
  user: "tyler_owner",
  region: "eu-central-1",
}
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }
/** Every character that a signature must escape and a URL would not. */
const SESSION = "IQoJb3JpZ2luX2VjE/+=!'()*~"

/** SHA-256 as the SDK's signer wants it. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", Buffer.from(secret as Uint8Array))
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

for (const sessionToken of [undefined, SESSION])
  test(`AWS's own signer makes the same token, ${sessionToken === undefined ? "of a user" : "of a role"}`, async () => {
    const credentials = { ...CREDENTIALS, ...(sessionToken === undefined ? {} : { sessionToken }) }
    const signer = new SignatureV4({ service: "rds-db", region: PLACE.region, credentials, sha256: Sha256 })
    const signed = await signer.presign(
      {
        method: "GET",
        protocol: "https",
        hostname: PLACE.host,
        port: Number(PLACE.port),
        path: "/",
        query: { Action: "connect", DBUser: PLACE.user },
        headers: { host: `${PLACE.host}:${PLACE.port}` },
      },
      { expiresIn: 900, signingDate: new Date(NOW) },
    )
    const mine = new URL(`https://${iamToken(credentials, PLACE, NOW)}`)
    assert.equal(mine.host, `${PLACE.host}:${PLACE.port}`)
    assert.deepEqual(Object.fromEntries(mine.searchParams), signed.query)
  })

/** Speaks as much of PostgreSQL as it takes to be told a password, and then refuses it. */
async function passwordTold(): Promise<{ port: number; told: Promise<string>; close: () => void }> {
  const { promise: told, resolve } = Promise.withResolvers<string>()
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.once("data", () => {
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
      socket.once("data", (message: Buffer) => {
        resolve(message.subarray(5, -1).toString())
        socket.destroy()
      })
    })
    socket.on("error", () => undefined)
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  const { port } = server.address() as { port: number }
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port, told, close }
}

test("each connection signs in with a token of its own, and the server never sees the parameter", async () => {
  process.env["AWS_ACCESS_KEY_ID"] = CREDENTIALS.accessKeyId
  process.env["AWS_SECRET_ACCESS_KEY"] = CREDENTIALS.secretAccessKey
  process.env["AWS_SESSION_TOKEN"] = SESSION
  const server = await passwordTold()
  try {
    const url = `postgres://tyler@127.0.0.1:${server.port}/tyler?aws-iam=eu-central-1`
    await assert.rejects(connect({ url, name: "test" }))
    const told = new URL(`https://${await server.told}`)
    assert.equal(told.host, `127.0.0.1:${server.port}`)
    const stamp = (told.searchParams.get("X-Amz-Date") ?? "").replace(
      /^(....)(..)(..)T(..)(..)(..)Z$/,
      "$1-$2-$3T$4:$5:$6Z",
    )
    const place = { host: "127.0.0.1", port: `${server.port}`, user: "tyler", region: "eu-central-1" }
    const expected = iamToken({ ...CREDENTIALS, sessionToken: SESSION }, place, Date.parse(stamp))
    assert.equal(told.href, new URL(`https://${expected}`).href)
  } finally {
    server.close()
  }
})

test("without credentials the database is not reached, and the cause says so", () => {
  const script = `
    import { connect } from ${JSON.stringify(new URL("./connect.ts", import.meta.url).href)}
    const url = "postgres://tyler@127.0.0.1:1/tyler?aws-iam=eu-central-1"
    await connect({ url, name: "test" }).catch(({ code, facts }) => console.log(JSON.stringify({ code, facts })))
  `
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" },
    encoding: "utf8",
  })
  assert.equal(stdout.trim(), '{"code":"unavailable","facts":{"cause":"aws_credentials"}}', stderr)
})
