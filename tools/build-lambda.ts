/**
 * Makes `build/lambda/rotation.mjs` of `src/lambda/`: one file with the drivers in it. The AWS SDK stays outside, since
 * Lambda's Node.js has it (https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html).
 */
import { statSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { build } from "esbuild"

const ROOT = join(import.meta.dirname, "..")
export const BUNDLE = join(ROOT, "build", "lambda", "rotation.mjs")

/** The drivers are CommonJS, and ask for Node's own modules by `require`. */
const BANNER = 'import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)'

/** @returns its size in bytes */
export async function buildLambda(): Promise<number> {
  await build({
    entryPoints: [join(ROOT, "src", "lambda", "handler.ts")],
    outfile: BUNDLE,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    // `pg-native` is a driver in C that `pg` looks for only when it is asked to.
    external: ["@aws-sdk/*", "pg-native"],
    banner: { js: BANNER },
    legalComments: "inline",
    logLevel: "warning",
  })
  return statSync(BUNDLE).size
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.stdout.write(`${BUNDLE} ${await buildLambda()} bytes\n`)
