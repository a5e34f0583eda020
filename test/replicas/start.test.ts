import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { postgresAnswers, runSql } from "../conformance/postgres-database.ts"
import { clientOf } from "../kit/client.ts"
import { setUpAdmin } from "../kit/people.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { type ReplicaSet, replicaSet } from "../kit/replicas.ts"
import { createSecret, read } from "../kit/secrets.ts"

const skip = (await postgresAnswers()) ? false : "postgres"

/** First starts at the same moment, of two processes each; 20 take 44 s. */
const ROUNDS = 4

type Started = ServerProcess | { readonly said: string }

/** Two processes at the same moment on an empty database. @returns each, or what it said as it stopped. */
async function bothAtOnce(
  replicas: ReplicaSet,
  env: (at: number) => Readonly<Record<string, string>>,
): Promise<Started[]> {
  const starts = [0, 1].map((at) => startProcess({ folder: replicas.folder, env: { ...replicas.env(at), ...env(at) } }))
  return (await Promise.allSettled(starts)).map((one) =>
    one.status === "fulfilled" ? one.value : { said: String(one.reason) },
  )
}

async function closeAll(started: readonly Started[]): Promise<void> {
  for (const one of started) if ("close" in one) await one.close()
}

test(`of two first starts at the same moment with one root key file both serve, ${ROUNDS} times`, {
  skip,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using replicas = await replicaSet()
    const started = await bothAtOnce(replicas, () => ({}))
    try {
      const [one, other] = started as [ServerProcess, ServerProcess]
      for (const server of started) assert.ok("url" in server, `round ${round}: ${"said" in server ? server.said : ""}`)
      const admin = await setUpAdmin(one)
      await createSecret(admin, "config/shared", "a value")
      assert.equal((await read(clientOf(other.url, admin.token), "config/shared")).body.value, "a value")
      const rows = await runSql(replicas.database.url, "SELECT purpose, count(*) FROM keyring_key GROUP BY purpose")
      assert.deepEqual(
        rows.map(({ count }) => Number(count)),
        rows.map(() => 1),
        "one key for each purpose",
      )
    } finally {
      await closeAll(started)
    }
  }
})

test("of two first starts with a root key file each one serves, and the other stops with one clear line", {
  skip,
}, async () => {
  for (let round = 0; round < ROUNDS / 2; round++) {
    await using replicas = await replicaSet()
    const started = await bothAtOnce(replicas, (at) => ({
      TYLER_ROOT_KEY_FILE: join(replicas.folder, `key-${at}`, "root.key"),
    }))
    try {
      const stopped = started.filter((one) => "said" in one)
      assert.equal(stopped.length, 1)
      const lines = (stopped[0]?.said ?? "").split("\n").filter((line) => line.includes("tyler-server:"))
      assert.equal(lines.length, 1)
      assert.match(lines[0] ?? "", /root key \S+ (?:is not the one the database \S+ was made with|is missing)/)
      const server = started.find((one) => "url" in one) as ServerProcess
      await createSecret(await setUpAdmin(server), "config/works", "a value")
    } finally {
      await closeAll(started)
    }
  }
})
