import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { DecidedAnswer } from "../../src/api/access-requests.ts"
import { entriesOf } from "../kit/audit.ts"
import type { Answer, Client } from "../kit/client.ts"
import { access, approve, asked, cancel, deny, type Governed, governed, stateOf } from "../kit/governed.ts"
import { REASON, secretPath } from "../kit/secrets.ts"

/** Many at once, and one end. */

test("approve, deny and cancel, ten of each at once, in 50 rounds: one end, and a grant only if it was approved", async () => {
  const { stage, people } = await governed({ finn: ["finance"], gail: ["finance"], hana: ["finance"] })
  after(() => stage.close())
  const { finn, gail, hana } = people
  const ends = new Set<string | undefined>()
  for (let round = 0; round < 50; round++) {
    const id = await asked(finn)
    const all = Array.from({ length: 10 }, (_, at) => {
      const tries = [() => approve(gail, id), () => deny(hana, id), () => cancel(finn, id)]
      const turned = [...tries.slice((at + round) % 3), ...tries.slice(0, (at + round) % 3)]
      return turned.map((one) => one())
    })
    const answers: Answer<unknown>[] = await Promise.all(all.flat())
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, `round ${round}`)
    assert.ok(
      answers.every(({ status }) => status === 200 || status === 409),
      answers.map(({ text }) => text).join("\n"),
    )
    const state = await stateOf(finn, id)
    ends.add(state)
    const { grants } = (await finn.get<{ grants: { id: string; requestId: string }[] }>("/api/grants")).body
    const own = grants.filter(({ requestId }) => requestId === id)
    assert.equal(own.length, state === "approved" ? 1 : 0, `round ${round}: ${state}`)
    for (const grant of own) assert.equal((await finn.delete(`/api/grants/${grant.id}`)).status, 200)
  }
  assert.ok(!ends.has("pending"))
})

test("100 approvals by one person count once, and of 100 by two people each once", async () => {
  const first = (admin: Client) =>
    admin.put("/api/policies/financial", {
      secretPattern: "financial/*",
      allowedRoles: ["admin", "finance"],
      requiresMfa: true,
      requiresApproval: true,
      minApprovals: 3,
      reason: REASON,
    })
  const scene = await governed({ finn: ["finance"], gail: ["finance"], hana: ["finance"] }, { first })
  after(() => scene.stage.close())
  const { finn, gail, hana } = scene.people
  const id = await asked(finn)
  const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => approve(at % 2 === 0 ? gail : hana, id)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 2)
  assert.deepEqual(
    [...new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.code))],
    ["already_decided"],
  )
  assert.equal(await stateOf(finn, id), "pending")
})

type Scene = Governed<"finn" | "gail">
interface Ending {
  readonly action: string
  readonly end: (scene: Scene, given: DecidedAnswer) => Promise<Answer<unknown>>
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  "the grant's revocation": {
    action: "GRANT_REVOKE",
    end: ({ people }, { grants }) => people.gail.delete(`/api/grants/${grants[0]?.id}`),
  },
  "the requester's disabling": {
    action: "USER_CHANGE",
    end: ({ ada, ids }) => ada.client.patch(`/api/users/${ids.finn}`, { disabled: true }),
  },
  "the loss of the role": {
    action: "USER_CHANGE",
    end: ({ ada, ids }) => ada.client.patch(`/api/users/${ids.finn}`, { roles: ["hr"] }),
  },
  "a policy that asks for more approvals": {
    action: "POLICY_CHANGE",
    end: ({ ada }) =>
      ada.client.put("/api/policies/financial", {
        secretPattern: "financial/*",
        allowedRoles: ["admin", "finance"],
        requiresMfa: true,
        requiresApproval: true,
        minApprovals: 2,
        maxAccessPerDay: 10,
        reason: REASON,
      }),
  },
}

for (const [what, { action, end }] of Object.entries(ENDINGS))
  test(`after the entry of ${what} no read under a grant delivers`, async () => {
    const scene = await governed({ finn: ["finance", "hr"], gail: ["finance"] })
    after(() => scene.stage.close())
    const finn = await scene.equip("finn")
    const id = await asked(finn.client, { uses: null }, await finn.stepUp("read", ["financial/ledger"]))
    const given = (await approve(scene.people.gail, id)).body as DecidedAnswer
    const masked = () =>
      finn.client.post<{ receipt?: { index: number } }>(secretPath("financial/ledger", "access"), { reason: REASON })
    const reads = Array.from({ length: 100 }, masked)
    await Promise.race(reads)
    const ending = end(scene, given)
    for (let at = 0; at < 100; at++) {
      if (at % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
      reads.push(masked())
    }
    const ended = await ending
    assert.equal(ended.status, 200, ended.text)
    reads.push(masked(), masked())
    const answers = await Promise.all(reads)
    const entry = (await entriesOf(scene.ada.client, { action })).findLast(({ result }) => result === "SUCCESS")
    const delivered = answers.filter(({ status }) => status === 200)
    assert.ok(delivered.length > 0 && delivered.length < answers.length, `${delivered.length} of ${answers.length}`)
    assert.deepEqual(
      delivered.map(({ body }) => body.receipt?.index ?? 0).filter((index) => index > (entry?.id ?? 0)),
      [],
    )
    assert.notEqual((await access(finn.client)).status, 200)
  })
