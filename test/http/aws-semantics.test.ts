import { after, before } from "node:test"
import { CHECKS, runChecks, sceneOf } from "../aws/semantics.ts"
import { accessKey } from "../kit/access-key.ts"
import { type AwsClient, sdkClient } from "../kit/aws.ts"
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

runChecks(CHECKS, () => sceneOf(client))
