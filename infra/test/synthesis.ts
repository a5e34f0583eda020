import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import { buildApp } from "../src/app.ts"
import type { Config } from "../src/config.ts"
import { parseConfig } from "../src/parse-config.ts"
import type { Part } from "./part.ts"

export interface Resource {
  readonly Type: string
  readonly Properties: Part
  readonly DeletionPolicy?: string
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>>
}

export interface Synthesis {
  readonly config: Config
  /** Where the templates lie. */
  readonly folder: string
  /** By the stack's name without the installation's. */
  readonly templates: Readonly<Record<string, Template>>
  /** What CDK would have to ask an account for. */
  readonly missing: number
  /** Stacks that one command would delete. */
  readonly unprotected: readonly string[]
  /** What cdk-nag found and what it was told. */
  readonly report: Report
}

interface Violation {
  readonly ruleName: string
  readonly violatingConstructs: readonly { readonly constructPath: string }[]
  readonly acknowledgedId?: string
  readonly reason?: string
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string
    readonly violations: readonly Violation[]
    readonly suppressedViolations: readonly Violation[]
  }[]
}

/** A value of the example configuration, changed. */
export type Change = (json: Record<string, Record<string, unknown>>) => void

/** The example configuration, with a bundle that is there. */
export function exampleConfig(bundle: string, change?: Change): Config {
  const json = JSON.parse(readFileSync(new URL("../config.example.json", import.meta.url), "utf8"))
  json.rotation.bundle = bundle
  change?.(json)
  return parseConfig(json)
}

let usual: Synthesis | undefined

/** The example's, made once for all tests that change nothing about it. */
export function example(): Synthesis {
  return (usual ??= synthesise())
}

/** Every stack, as `cdk deploy` would send it. The rotation function is a stand-in: what is in it is tried elsewhere. */
export function synthesise(change?: Change): Synthesis {
  const folder = mkdtempSync(join(tmpdir(), "tyler-infra-"))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const bundle = join(folder, "bundle")
  mkdirSync(bundle)
  writeFileSync(join(bundle, "rotation.mjs"), "export const handler = async () => undefined\n")
  const config = exampleConfig(bundle, change)
  const out = join(folder, "out")
  const assembly = buildApp(config, out).synth()
  const report = JSON.parse(readFileSync(join(out, "validation-report.json"), "utf8"))
  const templates = assembly.stacks.map(({ stackName, template }) => {
    const part = stackName.slice(config.name.length + 1)
    return [part, template as Template] as const
  })
  const unprotected = assembly.stacks.filter(({ terminationProtection }) => terminationProtection !== true)
  return {
    config,
    folder: out,
    templates: Object.fromEntries(templates),
    missing: assembly.manifest.missing?.length ?? 0,
    unprotected: unprotected.map(({ stackName }) => stackName),
    report,
  }
}
