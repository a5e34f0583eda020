import { readFileSync } from "node:fs"
import { Stack } from "aws-cdk-lib"
import { emptyApp } from "./app.ts"
import { parseConfig } from "./parse-config.ts"
import { Place } from "./place.ts"
import { organisationPolicy } from "./policies/organisation.ts"

/** `npm run organisation -- vpce-...` prints the policy; the endpoint's id is an output of the network's stack. */
const [endpointId = ""] = process.argv.slice(2)
if (!/^vpce-[0-9a-f]{8,17}$/.test(endpointId)) {
  process.stderr.write("usage: npm run organisation -- vpce-0123456789abcdef0\n")
  process.exit(2)
}
const config = parseConfig(JSON.parse(readFileSync(process.env["TYLER_INFRA_CONFIG"] ?? "config.json", "utf8")))
const at = new Place(new Stack(emptyApp(), "organisation", { env: config }), config)
const policy = organisationPolicy({ secrets: at.secrets(), endpointId, breakGlassArn: at.roleArn("break-glass") })
process.stdout.write(`${JSON.stringify(policy, null, 2)}\n`)
