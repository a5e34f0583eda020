import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { setTimeout as pause } from "node:timers/promises"
import { after, before, describe, test } from "node:test"
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager"
import { Client as Postgres } from "pg"
import { accessKey } from "../kit/access-key.ts"
import { type AwsProxy, awsProxy } from "../kit/aws-proxy.ts"
import { MOTO_REGION, moto, noMoto } from "../kit/moto.ts"
import { MOTO_CREDENTIALS } from "../kit/moto-process.ts"
import { addProgram, addRoles } from "../kit/people.ts"
import { type Cluster, noCluster, startCluster } from "../kit/postgres-cluster.ts"
import { beginRotation, type Invoked, type RotationFunction, rotationFunction } from "../kit/rotation-function.ts"
import { openStage } from "../kit/stage.ts"

const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const
const FOREVER = new Promise<never>(() => undefined)

/** An AWS that is played, and a key to it that may do what a rotation function does. */
interface Played extends AsyncDisposable {
  readonly origin: string
  readonly region: string
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Makes a secret as somebody who may. */
  create(name: string, value: object): Promise<string>
}

async function ownPlays(): Promise<Played> {
  const stage = await openStage({})
  await addRoles(stage.admin, ["rotator"])
  const made = await stage.admin.post("/api/policies", {
    secretPattern: "rot/*",
    allowedRoles: ["admin", "rotator"],
    verbRoles: { rotate: ["admin", "rotator"] },
    maxAccessPerDay: null,
    reason: "Rotated by a function",
  })
  assert.equal(made.status, 201, made.text)
  const { id } = await addProgram(stage.admin, "rotation", ["rotator"])
  const { region, ...key } = await accessKey(stage.admin, { serviceAccountId: id })
  return {
    origin: stage.server.url,
    region,
    key,
    async create(name, value) {
      const answer = await stage.admin.post<{ arn: string }>("/api/secrets", { name: `rot/${name}`, value })
      assert.equal(answer.status, 201, answer.text)
      return answer.body.arn
    },
    [Symbol.asyncDispose]: () => stage.close(),
  }
}

async function motoPlays(): Promise<Played> {
  const origin = await moto()
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = MOTO_CREDENTIALS
  const key = { accessKeyId, secretAccessKey }
  const client = new SecretsManagerClient({ endpoint: origin, region: MOTO_REGION, credentials: key })
  return {
    origin,
    region: MOTO_REGION,
    key,
    async create(name, value) {
      const Name = `rot/${name}-${randomUUID()}`
      const { ARN = "" } = await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
      return ARN
    },
    async [Symbol.asyncDispose]() {
      client.destroy()
    },
  }
}

const PLAYERS = [
  { called: "our own endpoint", play: ownPlays, skip: noCluster },
  { called: "moto", play: motoPlays, skip: noCluster === false ? noMoto : noCluster },
]

for (const { called, play, skip } of PLAYERS)
  describe(`the rotation function of AWS, as it is bundled, against ${called}`, { skip }, () => {
    let cluster: Cluster
    let played: Played
    let proxy: AwsProxy
    let aws: SecretsManagerClient
    let boss: string
    let count = 0
    /** Everything that any invocation has written. */
    let said = ""
    before(async () => {
      cluster = await startCluster()
      played = await play()
      proxy = await awsProxy(played.origin)
      aws = new SecretsManagerClient({ endpoint: played.origin, region: played.region, credentials: played.key })
      boss = await played.create("boss", { ...cluster.superuser })
    })
    after(async () => {
      aws.destroy()
      proxy.close()
      await played[Symbol.asyncDispose]()
      await cluster[Symbol.asyncDispose]()
    })

    const place = () => ({ engine: "postgres", host: "127.0.0.1", port: cluster.port, ssl: false })

    async function newSecret(more: object = {}): Promise<string> {
      const username = `fn${++count}`
      await cluster.sql(`create role ${username} login password 'first'`)
      return played.create(username, { ...place(), dbname: "postgres", username, password: "first", ...more })
    }

    /** @param more of its environment */
    async function functionFor(secret: string, more: Record<string, string> = {}): Promise<RotationFunction> {
      const inner = await rotationFunction({
        AWS_REGION: played.region,
        AWS_ACCESS_KEY_ID: played.key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: played.key.secretAccessKey,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: proxy.url,
        ROTATION_STRATEGY: "postgres-single",
        ROTATION_SECRETS: secret,
        ROTATION_NETWORKS: "loopback",
        ...more,
      })
      const heard = (invoked: Invoked): Invoked => {
        said += invoked.said
        return invoked
      }
      return { start: (event) => inner.start(event), invoke: async (event) => heard(await inner.invoke(event)) }
    }

    const alternating = (over: object = {}) => ({
      ROTATION_STRATEGY: "postgres-alternating",
      ROTATION_ADMINS: JSON.stringify([{ secret: boss, place: { ...place(), ...over } }]),
    })

    async function stagesOf(secret: string): Promise<Record<string, string[]>> {
      const { VersionIdsToStages = {} } = await aws.send(new DescribeSecretCommand({ SecretId: secret }))
      return VersionIdsToStages
    }

    async function holderOf(secret: string, label: string): Promise<string | undefined> {
      return Object.entries(await stagesOf(secret)).find(([, all]) => all.includes(label))?.[0]
    }

    async function valueOf(secret: string, VersionStage = "AWSCURRENT"): Promise<Record<string, string>> {
      const { SecretString = "" } = await aws.send(new GetSecretValueCommand({ SecretId: secret, VersionStage }))
      return JSON.parse(SecretString) as Record<string, string>
    }

    async function logsIn({ username, password }: Record<string, string>): Promise<boolean> {
      const client = new Postgres({
        host: "127.0.0.1",
        port: cluster.port,
        user: username,
        password,
        database: "postgres",
      })
      client.on("error", () => undefined)
      try {
        await client.connect()
        return true
      } catch {
        return false
      } finally {
        await client.end().catch(() => undefined)
      }
    }

    const eventOf = (Step: string, SecretId: string, ClientRequestToken: string, more: object = {}) => ({
      Step,
      SecretId,
      ClientRequestToken,
      ...more,
    })

    async function mustDo(fn: RotationFunction, event: object): Promise<void> {
      const { ok, said: told } = await fn.invoke(event)
      assert.ok(ok, told)
    }

    async function allSteps(fn: RotationFunction, secret: string, token: string): Promise<void> {
      for (const step of STEPS) await mustDo(fn, eventOf(step, secret, token))
    }

    /** At least one credential that is held is good, whoever died when. */
    async function oneIsGood(secret: string): Promise<void> {
      const pending = await valueOf(secret, "AWSPENDING").catch(() => undefined)
      assert.ok((await logsIn(await valueOf(secret))) || (pending !== undefined && (await logsIn(pending))))
    }

    test("four steps, each twice: the new version is current and logs in, the old one is previous", async () => {
      const secret = await newSecret({ note: "kept" })
      const fn = await functionFor(secret)
      const token = randomUUID()
      const first = await holderOf(secret, "AWSCURRENT")
      beginRotation(proxy, token)
      for (const step of STEPS)
        for (let time = 0; time < 2; time++) {
          await mustDo(fn, eventOf(step, secret, token))
          await oneIsGood(secret)
        }
      const value = await valueOf(secret)
      assert.notEqual(value["password"], "first")
      assert.equal(value["note"], "kept")
      assert.ok(await logsIn(value))
      assert.ok(!(await logsIn({ ...value, password: "first" })))
      assert.equal(await holderOf(secret, "AWSCURRENT"), token)
      assert.equal(await holderOf(secret, "AWSPREVIOUS"), first)
      assert.equal(proxy.calls("PutSecretValue"), 1, "it is never made twice")
    })

    test("an application that keeps logging in never fails where two users take turns", async () => {
      const secret = await newSecret({ masterarn: boss })
      const fn = await functionFor(secret, alternating())
      const seen = { logins: 0, failed: 0 }
      const over = new AbortController()
      const using = (async () => {
        for (; !over.signal.aborted; await pause(5)) {
          if (!(await logsIn(await valueOf(secret)))) seen.failed++
          seen.logins++
        }
      })()
      const names: (string | undefined)[] = []
      for (let round = 0; round < 3; round++) {
        const token = randomUUID()
        beginRotation(proxy, token)
        await allSteps(fn, secret, token)
        names.push((await valueOf(secret))["username"])
      }
      over.abort()
      await using
      const name = `fn${count}`
      assert.deepEqual(names, [`${name}_clone`, name, `${name}_clone`])
      assert.equal(seen.failed, 0)
      assert.ok(seen.logins > 3)
    })

    test("killed while its version is stored, its change is made, its version promoted: done by the next try", async () => {
      const secret = await newSecret()
      const fn = await functionFor(secret)
      const token = randomUUID()

      beginRotation(proxy, token, (operation) => (operation === "PutSecretValue" ? { hold: FOREVER } : "pass"))
      const creating = fn.start(eventOf("createSecret", secret, token))
      while ((await holderOf(secret, "AWSPENDING")) === undefined) await pause(20)
      await creating.kill()
      const made = await valueOf(secret, "AWSPENDING")
      await oneIsGood(secret)

      beginRotation(proxy, token)
      await mustDo(fn, eventOf("createSecret", secret, token))
      assert.deepEqual(await valueOf(secret, "AWSPENDING"), made)
      const { username } = made
      const blocker = new Postgres({
        host: "127.0.0.1",
        port: cluster.port,
        user: cluster.superuser.username,
        password: cluster.superuser.password,
        database: "postgres",
      })
      await blocker.connect()
      await blocker.query(`begin; alter role ${username} connection limit 5`)
      const setting = fn.start(eventOf("setSecret", secret, token))
      const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and usename = "
      while ((await cluster.sql(`${waiting}'${username}'`)).length === 0) await pause(20)
      await setting.kill()
      await blocker.query("rollback")
      await blocker.end()
      await oneIsGood(secret)

      for (const step of STEPS.slice(0, 3)) await mustDo(fn, eventOf(step, secret, token))
      beginRotation(proxy, token, (operation) =>
        operation === "UpdateSecretVersionStage" ? { hold: FOREVER } : "pass",
      )
      const finishing = fn.start(eventOf("finishSecret", secret, token))
      while ((await holderOf(secret, "AWSCURRENT")) !== token) await pause(20)
      await finishing.kill()

      beginRotation(proxy, token)
      await allSteps(fn, secret, token)
      assert.deepEqual(await valueOf(secret), made)
      assert.ok(await logsIn(made))
    })

    test("what is refused changes nothing, and says why", async () => {
      const secret = await newSecret()
      const other = await newSecret()
      const fn = await functionFor(secret)
      const token = randomUUID()
      const before = await stagesOf(secret)
      beginRotation(proxy, token)
      for (const [event, why] of [
        [eventOf("createSecret", secret, randomUUID()), /no version of that ClientRequestToken/],
        [eventOf("create_secret", secret, token), /Step is not one of createSecret, setSecret/],
        [eventOf("revokeSecret", secret, token), /Step is not one of/],
        [eventOf("createSecret", other, token), /does not rotate that secret/],
        [eventOf("createSecret", `${secret}x`, token), /does not rotate that secret/],
        [{ Step: "createSecret", SecretId: secret, Token: token }, /ClientRequestToken is missing/],
        [eventOf("createSecret", secret, token, { RotationToken: "short" }), /RotationToken is malformed/],
        [eventOf("setSecret", secret, token), /pending_missing/],
        [eventOf("testSecret", secret, token), /pending_missing/],
        [eventOf("finishSecret", secret, token), /pending_missing/],
      ] as const) {
        const { ok, said: told } = await fn.invoke(event)
        assert.ok(!ok, JSON.stringify(event))
        assert.match(told, why)
      }
      proxy.judge((operation) =>
        operation === "DescribeSecret" ? { changed: (answer) => ({ ...answer, RotationEnabled: false }) } : "pass",
      )
      assert.match(
        (await fn.invoke(eventOf("createSecret", secret, token))).said,
        /Rotation of the secret is turned off/,
      )
      assert.equal(proxy.calls("PutSecretValue"), 0)
      assert.deepEqual(await stagesOf(secret), before)
      assert.ok(await logsIn(await valueOf(secret)))
    })

    test("a version that has lost AWSPENDING is left alone", async () => {
      const secret = await newSecret()
      const fn = await functionFor(secret)
      const token = randomUUID()
      beginRotation(proxy, token)
      await mustDo(fn, eventOf("createSecret", secret, token))
      const moved = { SecretId: secret, VersionStage: "AWSPENDING", RemoveFromVersionId: token }
      const kept = { SecretId: secret, VersionStage: "kept", MoveToVersionId: token }
      await aws.send(new UpdateSecretVersionStageCommand(kept))
      await aws.send(new UpdateSecretVersionStageCommand(moved))
      proxy.judge(() => "pass")
      for (const step of STEPS) {
        const { ok, said: told } = await fn.invoke(eventOf(step, secret, token))
        assert.ok(!ok)
        assert.match(told, /The version is not AWSPENDING/)
      }
      assert.ok(await logsIn(await valueOf(secret)))
    })

    test("the administrator goes nowhere but where the function's owner has bound him", async () => {
      const secret = await newSecret({ masterarn: boss })
      const token = randomUUID()
      beginRotation(proxy, token)
      for (const [more, why] of [
        [{ ...alternating(), ROTATION_ADMINS: "[]" }, /admin_missing/],
        [alternating({ port: cluster.port + 1 }), /admin_moved/],
        [alternating({ host: "localhost" }), /admin_moved/],
        [alternating({ ssl: true }), /admin_moved/],
        [alternating({ sslrootcert: "x" }), /admin_moved/],
      ] as const) {
        const { ok, said: told } = await (await functionFor(secret, more)).invoke(
          eventOf("createSecret", secret, token),
        )
        assert.ok(!ok)
        assert.match(told, why)
      }
      assert.equal(proxy.calls("GetSecretValue") > 0, true)
      const fn = await functionFor(secret, alternating())
      await mustDo(fn, eventOf("createSecret", secret, token))
      // Its writer points it elsewhere in the middle: the administrator's credentials are not even fetched.
      const current = await valueOf(secret)
      const elsewhere = JSON.stringify({ ...current, port: cluster.port + 1 })
      await aws.send(new PutSecretValueCommand({ SecretId: secret, SecretString: elsewhere }))
      const asked: unknown[] = []
      beginRotation(proxy, token, (operation, _nth, body) => {
        if (operation === "GetSecretValue") asked.push(body["SecretId"])
        return "pass"
      })
      for (const step of STEPS.slice(1)) {
        const { ok, said: told } = await fn.invoke(eventOf(step, secret, token))
        assert.ok(!ok)
        assert.match(told, /admin_moved/)
      }
      assert.ok(!asked.includes(boss))
    })

    test("what somebody writes meanwhile stays, with the credential that is good by then", async () => {
      const secret = await newSecret()
      const fn = await functionFor(secret)
      const token = randomUUID()
      beginRotation(proxy, token)
      for (const step of STEPS.slice(0, 2)) await mustDo(fn, eventOf(step, secret, token))
      const written = { ...(await valueOf(secret)), note: "written meanwhile" }
      const put = await aws.send(new PutSecretValueCommand({ SecretId: secret, SecretString: JSON.stringify(written) }))
      await oneIsGood(secret)
      await mustDo(fn, eventOf("testSecret", secret, token))
      // Killed when the merged version is current, and AWSPENDING not yet taken off.
      beginRotation(proxy, token, (operation, nth) =>
        operation === "UpdateSecretVersionStage" && nth === 1 ? { hold: FOREVER } : "pass",
      )
      const finishing = fn.start(eventOf("finishSecret", secret, token))
      while ((await holderOf(secret, "AWSCURRENT")) === put.VersionId) await pause(20)
      await finishing.kill()
      beginRotation(proxy, token)
      await mustDo(fn, eventOf("finishSecret", secret, token))
      const value = await valueOf(secret)
      assert.equal(value["note"], "written meanwhile")
      assert.notEqual(value["password"], "first")
      assert.ok(await logsIn(value))
      assert.equal(await holderOf(secret, "AWSPENDING"), undefined)
      assert.equal(await holderOf(secret, "AWSPREVIOUS"), put.VersionId)
      const next = randomUUID()
      beginRotation(proxy, next)
      await allSteps(fn, secret, next)
      assert.equal(await holderOf(secret, "AWSCURRENT"), next)
      assert.ok(await logsIn(await valueOf(secret)))
    })

    test("what leads elsewhere by the end keeps the credential that its writer gave it", async () => {
      const secret = await newSecret()
      const fn = await functionFor(secret)
      const token = randomUUID()
      beginRotation(proxy, token)
      for (const step of STEPS.slice(0, 3)) await mustDo(fn, eventOf(step, secret, token))
      const written = { ...(await valueOf(secret)), host: "db.example.com", password: "theirs" }
      await aws.send(new PutSecretValueCommand({ SecretId: secret, SecretString: JSON.stringify(written) }))
      const { ok, said: told } = await fn.invoke(eventOf("finishSecret", secret, token))
      assert.ok(!ok)
      assert.match(told, /identity_changed/)
      assert.deepEqual(await valueOf(secret), written)
    })

    test("the rotation token goes to PutSecretValue and nowhere else", async () => {
      const secret = await newSecret()
      const fn = await functionFor(secret)
      const token = randomUUID()
      const RotationToken = `rotation-token-${randomUUID()}`
      const bodies: [string, string][] = []
      beginRotation(proxy, token, (operation, _nth, body) => {
        bodies.push([operation, JSON.stringify(body)])
        return "pass"
      })
      for (const step of STEPS) await mustDo(fn, eventOf(step, secret, token, { RotationToken }))
      const carrying = bodies.filter(([, body]) => body.includes(RotationToken)).map(([operation]) => operation)
      assert.deepEqual(carrying, ["PutSecretValue"])
      assert.ok(!said.includes(RotationToken))
      const { password = "" } = await valueOf(secret)
      assert.ok(!said.includes(password))
      assert.ok(!said.includes(cluster.superuser.password))
      assert.ok(said.includes('"step":"finishSecret"'))
    })
  })
