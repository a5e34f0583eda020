import { after, before, describe } from "node:test"
import { type AwsClient, sdkClient } from "../kit/aws.ts"
import { moto, MOTO_REGION, noMoto } from "../kit/moto.ts"
import { CHECKS, runChecks, sceneOf } from "./semantics.ts"

/**
 * What the emulator is known to do otherwise than AWS: none of it is copied. A check named here may fail, and may pass
 * with another version of it.
 */
const FAULTS: Readonly<Record<string, string>> = {
  "create, put, get, stages, list, filter, batch, delete, restore, tags, password":
    "after AWSCURRENT moved back, a batch still reads the version that had it",
  "both kinds of value in one version are refused": "takes both",
  "a value is at most 65,536 bytes": "has no bound on an update or a put",
  "an update of the description alone makes no version, and an empty one takes it away": "cannot blank a description",
  "a label is not taken from a version that is not named, and AWSCURRENT is never taken away":
    "a label is on two versions at once, and AWSCURRENT vanishes",
  "a version without a label is deprecated: listed only when asked for, still read by its id":
    "shows deprecated versions everywhere",
  "a read names what is not there: secret, label, version, or both that do not go together":
    "says the same of a secret and of a label",
  "every refusal is HTTP 400, whatever it is about": "404 for what is not found",
  "characters that no name has are a ValidationException": "takes any name",
  "while it awaits deletion a secret can be described, and nothing else": "another text for each operation",
  "reads set the day of the last access, of the secret and of the version": "never notes an access",
  "every change moves the date of the last change": "dates are whole seconds",
  "lists are sorted by creation unless asked otherwise, both ways, page by page": "knows no SortBy",
  "a batch takes ids or filters, says what failed for each, and turns pages by filters only":
    "one secret that fails is the whole batch",
  "a token of another list is none": "answers 500",
  "rotation needs a function; there is none to cancel": "rotates without a function, at once",
}

describe("an AWS that somebody else has written", { skip: noMoto }, () => {
  let client: AwsClient
  before(async () => {
    const key = { accessKeyId: "testing", secretAccessKey: "testing" }
    client = sdkClient({ endpoint: await moto(), region: MOTO_REGION, ...key })
  })
  after(() => client.close())
  runChecks(CHECKS, () => sceneOf(client), FAULTS)
})
