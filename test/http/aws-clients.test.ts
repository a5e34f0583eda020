import { after, before, describe } from "node:test"
import { CHECKS, runChecks, sceneOf } from "../aws/semantics.ts"
import { accessKey } from "../kit/access-key.ts"
import { type AwsClient, type AwsTarget, botoClient, cliClient, noAwsCli, noBoto } from "../kit/aws.ts"
import { openStage, type Stage } from "../kit/stage.ts"

let stage: Stage<never>
let target: AwsTarget

before(async () => {
  stage = await openStage({}, { env: { TYLER_ENVIRONMENT: "development" } })
  target = { endpoint: stage.server.url, ...(await accessKey(stage.admin)) }
})
after(() => stage.close())

describe("boto3, with its paginators", { skip: noBoto() }, () => {
  let client: AwsClient
  before(() => {
    client = botoClient(target)
  })
  after(() => client.close())
  runChecks(CHECKS, () => sceneOf(client))
})

describe("the AWS command line", { skip: noAwsCli() }, () => {
  runChecks(
    CHECKS.filter(({ brief }) => brief),
    () => sceneOf(cliClient(target)),
  )
})
