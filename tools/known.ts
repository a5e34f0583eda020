import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { optionsOf } from "../src/cli/command.ts"
import { COMMANDS } from "../src/cli/table.ts"
import { ERROR_CODES } from "../src/core/errors.ts"
import { MATRIX } from "../src/http/matrix.ts"
import { STATUS } from "../src/http/problem.ts"
import { SETTING_NAMES } from "../src/main/settings.ts"
import type { Known } from "./names.ts"

/** Variables that no setting of the server is: the client's, the tests', the build's, and those of the system that a page names. */
const OTHER_VARIABLES = [
  "TYLER_URL",
  "TYLER_TOKEN",
  "TYLER_REASON",
  "TYLER_TEST_REQUIRE",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "LD_PRELOAD",
  "XDG_CONFIG_HOME",
  "TYLER_COMMIT",
  "SOURCE_DATE_EPOCH",
  "CREATED",
  "NODE_IMAGE",
  "BASE_IMAGE",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
]

/** Made by a build; a fresh checkout has none. */
const BUILT: ReadonlySet<string> = new Set(["dist/", "build/lambda/rotation.mjs"])

/** What this repository has. */
export function knownIn(root: string): Known {
  const server = readFileSync(join(root, "src/main/server.ts"), "utf8")
  const sources = globSync(["{src,bin,spec}/**/*.{ts,js,mjs,sql}", "*.json"], { cwd: root })
    .filter((path) => !path.endsWith(".test.ts"))
    .map((path) => readFileSync(join(root, path), "utf8"))
    .join("\n")
  const inSources = new Set(sources.match(/\w+/g))
  return {
    scripts: new Set(["package.json", "infra/package.json"].flatMap((file) => scriptsIn(join(root, file)))),
    commands: new Map(COMMANDS.map((row) => [row.words, new Set(optionsOf(row).map(({ name }) => name))])),
    serverCommands: new Set([...server.matchAll(/^ {2}tyler-server ([a-z-]+)/gm)].map(([, name = ""]) => name)),
    variables: new Set([...SETTING_NAMES, ...OTHER_VARIABLES]),
    statuses: new Map(ERROR_CODES.map((code) => [code, STATUS[code]])),
    routes: new Set(Object.keys(MATRIX)),
    inSources: (word) => inSources.has(word),
    exists: (path, document) =>
      BUILT.has(path) || ["", "src", dirname(document)].some((folder) => existsSync(join(root, folder, path))),
  }
}

function scriptsIn(file: string): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(file, "utf8")) as { scripts: object }
  return Object.keys(scripts)
}
