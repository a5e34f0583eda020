import assert from "node:assert/strict"
import { after, test } from "node:test"
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager"
import type { IssuedAccessKey } from "../../src/api/access-keys.ts"
import { accessKey } from "../kit/access-key.ts"
import type { GrantsAnswer, RequestItem } from "../../src/api/access-requests.ts"
import { entriesOf, entryOf, exportLog, verdictOn } from "../kit/audit.ts"
import { approve, asked, governed, LEDGER } from "../kit/governed.ts"
import type { Problem } from "../kit/client.ts"
import { createSecret, REASON } from "../kit/secrets.ts"

interface Refusal {
  readonly name: string
  readonly message: string
  readonly $metadata: { readonly requestId?: string; readonly httpStatusCode?: number }
}

/** A client of its own for each call: it sets its clock by the header Date, which is the machine's and not the test's. */
async function callAs(key: IssuedAccessKey, endpoint: string, now: number, SecretId: string) {
  const { region } = key
  const systemClockOffset = now - Date.now()
  const client = new SecretsManagerClient({ endpoint, region, credentials: key, maxAttempts: 1, systemClockOffset })
  try {
    return await client.send(new GetSecretValueCommand({ SecretId }))
  } finally {
    client.destroy()
  }
}

test("an unmodified SDK is refused with words that help, and the very same call passes while a grant lives", async () => {
  const { stage, equip, people, clock, ada } = await governed({ finn: ["finance"], gail: ["finance"] })
  after(() => stage.close())
  const finn = await equip("finn")
  const key = await accessKey(finn.client, { password: undefined }, await finn.stepUp("govern"))
  const call = () => callAs(key, stage.server.url, clock.now(), LEDGER)
  const refused = async (): Promise<Refusal> => {
    const error: unknown = await call().then(
      () => assert.fail("it was answered"),
      (one: unknown) => one,
    )
    return error as Refusal
  }

  const first = await refused()
  assert.equal(first.name, "AccessDeniedException")
  const requestId = first.$metadata.requestId ?? ""
  assert.match(
    first.message,
    /^Approval required: needs an approval \(rule .* for financial\/.*\); needs a second factor/,
  )
  assert.ok(
    first.message.includes(`tyler request --mfa or at ${stage.server.publicUrl}/request?secret=financial%2Fledger:`),
    first.message,
  )
  assert.ok(first.message.includes(`Request id: ${requestId}.`), first.message)
  const entry = await entryOf(ada.client, requestId)
  assert.deepEqual([entry.result, entry.decision], ["DENIED", "approval_required"])

  const id = await asked(finn.client, { secrets: [LEDGER], uses: 2 }, await finn.stepUp("read", [LEDGER]))
  assert.equal((await approve(people.gail, id)).status, 200)
  const passed = [await call(), await call()]
  assert.deepEqual(
    passed.map(({ SecretString }) => SecretString),
    ["the books", "the books"],
  )
  const success = await entryOf(ada.client, passed[0]?.$metadata.requestId)
  assert.equal(success.result, "SUCCESS")
  assert.match(success.details ?? "", /unmasked.*step_up/)
  assert.equal((await refused()).name, "AccessDeniedException", "both uses are gone")

  const verdict = await verdictOn(await exportLog(ada.client))
  assert.equal(verdict.ok, true, JSON.stringify(verdict))
})

test("where only a second factor is asked for, one that is shown with a request opens it at once, to the key too", async () => {
  const { stage, equip, clock, ada } = await governed({ finn: ["finance"], dora: ["dba"] })
  after(() => stage.close())
  await createSecret(ada.client, "database/main", "value")
  const dora = await equip("dora")
  const key = await accessKey(dora.client, { password: undefined }, await dora.stepUp("govern"))
  const call = () => callAs(key, stage.server.url, clock.now(), "database/main")
  await assert.rejects(call(), (error: Refusal) => {
    assert.equal(error.name, "AccessDeniedException")
    assert.match(
      error.message,
      /needs a second factor .*tyler request --mfa or at .*: the same call passes while the grant lives\./,
    )
    return true
  })
  const wanted = { secrets: ["database/main"], verb: "read", reason: REASON, uses: null, minutes: 10 }
  const bare = await dora.client.post<Problem>("/api/access-requests", wanted)
  assert.deepEqual(
    [bare.status, bare.body.code],
    [403, "verification_required"],
    "a grant without it would be worth nothing",
  )
  await assert.rejects(call())
  const open = await dora.client.post<RequestItem>(
    "/api/access-requests",
    wanted,
    await dora.stepUp("read", ["database/main"]),
  )
  assert.deepEqual([open.status, open.body.state, open.body.needed, open.body.steppedUp], [201, "approved", 0, true])
  const { grants } = (await dora.client.get<GrantsAnswer>("/api/grants")).body
  assert.deepEqual(
    grants.map(({ requestId, approvals, steppedUp }) => [requestId, approvals, steppedUp]),
    [[open.body.id, 0, true]],
  )
  assert.equal((await call()).SecretString, "value")
  const [asking] = await entriesOf(ada.client, { action: "ACCESS_REQUEST", result: "SUCCESS" })
  assert.ok(asking?.details?.includes(`grants=${grants[0]?.id} needed=0`), asking?.details ?? "")
  const verdict = await verdictOn(await exportLog(ada.client))
  assert.equal(verdict.ok, true, JSON.stringify(verdict))
  clock.advance(10 * 60_000)
  await assert.rejects(call(), "the grant has ended")
})
