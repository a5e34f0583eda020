import { readFileSync } from "node:fs"
import { buildApp } from "./app.ts"
import type { Config } from "./config.ts"
import { parseConfig } from "./parse-config.ts"

/** What `cdk` starts: `config.json` beside `cdk.json`, or the file that TYLER_INFRA_CONFIG names. */
const file = process.env["TYLER_INFRA_CONFIG"] ?? "config.json"
const config = configured()
if (config !== undefined) buildApp(config, process.env["CDK_OUTDIR"]).synth()

function configured(): Config | undefined {
  try {
    return parseConfig(JSON.parse(readFileSync(file, "utf8")))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    for (const line of error.message.split("\n")) process.stderr.write(`${file}: ${line}\n`)
    process.exitCode = 1
    return undefined
  }
}
