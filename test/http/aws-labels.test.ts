import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as fc from "fast-check"
import { refuses, type Scene, sceneOf } from "../aws/semantics.ts"
import { accessKey } from "../kit/access-key.ts"
import { type AwsAnswer, type AwsClient, sdkClient } from "../kit/aws.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<never>
let client: AwsClient

before(async () => {
  stage = await openStage({}, { env: { TYLER_ENVIRONMENT: "development" } })
  client = sdkClient({ endpoint: stage.server.url, ...(await accessKey(stage.admin)) })
})
after(async () => {
  client.close()
  await stage.close()
})

/** What is expected of one secret: values by version in the order they came, and the version that has each label. */
interface Model {
  readonly values: { readonly id: string; readonly value: string }[]
  readonly labels: Map<string, string>
  description: string | undefined
  deleted: boolean
}

type Step = (model: Model, on: Scene, SecretId: string) => Promise<void>

const CURRENT = "AWSCURRENT"

/** The rules once more, in the plainest words: they are what the server is held to. */
function takeLabel(model: Model, label: string, id: string, byPut: boolean): void {
  const holder = model.labels.get(CURRENT)
  if (label === CURRENT && holder !== undefined && holder !== id) {
    model.labels.set("AWSPREVIOUS", holder)
    if (byPut && model.labels.get("AWSPENDING") === holder) model.labels.delete("AWSPENDING")
  }
  model.labels.set(label, id)
}

/** The answer; undefined where the call must be refused, and was. @param code of a refusal, if the secret lives */
async function outcome(model: Model, call: Promise<AwsAnswer>, code?: string): Promise<AwsAnswer | undefined> {
  const expected = model.deleted ? "InvalidRequestException" : code
  if (expected === undefined) return call
  await refuses(call, expected)
  return undefined
}

function put(stages: readonly string[] | undefined): Step {
  return async (model, on, SecretId) => {
    const SecretString = `value ${model.values.length}`
    const given = stages === undefined ? {} : { VersionStages: stages }
    const answer = await outcome(model, on.client.call("PutSecretValue", { SecretId, SecretString, ...given }))
    if (answer === undefined) return
    const taken = new Set(stages ?? [CURRENT])
    if (!model.labels.has(CURRENT)) taken.add(CURRENT)
    // What is named goes to the new version, whatever the move of AWSCURRENT would do with it.
    const ordered = [...taken].toSorted((a, b) => Number(a !== CURRENT) - Number(b !== CURRENT))
    for (const label of ordered) takeLabel(model, label, answer.VersionId, true)
    model.values.push({ id: answer.VersionId, value: SecretString })
    assert.deepEqual(answer.VersionStages.toSorted(), [...taken].toSorted())
  }
}

function move(label: string, toAt: number | null, named: boolean): Step {
  return async (model, on, SecretId) => {
    const to = toAt === null || model.values.length === 0 ? undefined : model.values[toAt % model.values.length]?.id
    const holder = model.labels.get(label)
    const from = named ? holder : undefined
    if (to === undefined && from === undefined) return
    const ask = {
      SecretId,
      VersionStage: label,
      ...(to === undefined ? {} : { MoveToVersionId: to }),
      ...(from === undefined ? {} : { RemoveFromVersionId: from }),
    }
    const heldElsewhere = to !== undefined && holder !== undefined && holder !== to && from === undefined
    const wrong = heldElsewhere || (to === undefined && label === CURRENT) ? "InvalidParameterException" : undefined
    const answer = await outcome(model, on.client.call("UpdateSecretVersionStage", ask), wrong)
    if (answer === undefined) return
    if (to === undefined) model.labels.delete(label)
    else if (holder !== to) {
      if (label === CURRENT && model.labels.get("AWSPREVIOUS") === to) model.labels.delete("AWSPREVIOUS")
      takeLabel(model, label, to, false)
    }
    assert.equal(answer.Name, SecretId)
  }
}

function update(withValue: boolean): Step {
  return async (model, on, SecretId) => {
    const Description = `after ${model.values.length}`
    const SecretString = `value ${model.values.length}`
    const ask = withValue ? { SecretId, Description, SecretString } : { SecretId, Description }
    const answer = await outcome(model, on.client.call("UpdateSecret", ask))
    if (answer === undefined) return
    model.description = Description
    assert.equal(answer.VersionId !== undefined, withValue)
    if (!withValue) return
    takeLabel(model, CURRENT, answer.VersionId, true)
    model.values.push({ id: answer.VersionId, value: SecretString })
  }
}

const remove: Step = async (model, on, SecretId) => {
  await outcome(model, on.client.call("DeleteSecret", { SecretId }))
  model.deleted = true
}

const restore: Step = async (model, on, SecretId) => {
  await on.client.call("RestoreSecret", { SecretId })
  model.deleted = false
}

const LABELS = [CURRENT, "AWSPREVIOUS", "AWSPENDING", "blue", "current", "pending"]
const label = fc.constantFrom(...LABELS)
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.option(fc.uniqueArray(label, { minLength: 1 }), { nil: undefined }).map(put) },
    { weight: 4, arbitrary: fc.tuple(label, fc.option(fc.nat(9)), fc.boolean()).map((args) => move(...args)) },
    { weight: 1, arbitrary: fc.boolean().map(update) },
    { weight: 1, arbitrary: fc.constantFrom(remove, restore) },
  ),
  { maxLength: 14 },
)

test("any sequence of puts, moves, updates, deletions and restores leaves the labels that the rules say", async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), steps, async (empty, all) => {
      const on = sceneOf(client)
      const Name = on.name()
      const model: Model = { values: [], labels: new Map(), description: undefined, deleted: false }
      const made = await client.call("CreateSecret", empty ? { Name } : { Name, SecretString: "first" })
      if (!empty) {
        model.values.push({ id: made.VersionId, value: "first" })
        model.labels.set(CURRENT, made.VersionId)
      }
      for (const step of all) await step(model, on, Name)
      await compare(model, Name)
    }),
    { numRuns: 25 },
  )
})

async function compare(model: Model, SecretId: string): Promise<void> {
  const described = await client.call("DescribeSecret", { SecretId })
  assert.equal(described.DeletedDate !== undefined, model.deleted)
  assert.equal(described.Description, model.description)
  const held = new Map<string, string>()
  for (const [id, stages] of Object.entries(described.VersionIdsToStages ?? {}))
    for (const one of stages) held.set(one, id)
  assert.deepEqual(held, model.labels)
  if (model.deleted) return
  const { Versions } = await client.call("ListSecretVersionIds", { SecretId, IncludeDeprecated: true })
  const ids = Versions.map(({ VersionId }) => VersionId)
  assert.deepEqual(ids, model.values.map(({ id }) => id).toReversed())
  for (const [VersionStage, id] of model.labels) {
    const read = await client.call("GetSecretValue", { SecretId, VersionStage })
    assert.deepEqual([read.VersionId, read.SecretString], [id, model.values.find((one) => one.id === id)?.value])
  }
}
