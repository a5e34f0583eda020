import { lstatSync, statSync } from "node:fs"
import { folderProblem } from "../../adapters/local/owned-folder.ts"
import { isCredential } from "../../adapters/local/root-key.ts"
import type { Config } from "../config.ts"
import { type Finding, fault, ok, warn } from "./finding.ts"

/** Folders and files that are the server's alone: whose they are, and who else may read them. */
export function filesLook(config: Config): readonly Finding[] {
  const { folders } = config
  const faults = [
    ...(config.database === null ? folderFaults("data folder", folders.data) : []),
    ...folderFaults("mirror folder", folders.mirror),
    ...secretFiles(config).flatMap(([what, path]) => fileFaults(what, path)),
  ]
  const found = faults.map((text) => fault("files", text, fixOf(text)))
  return [
    ...(found.length > 0 ? found : [ok("files", `${secretFiles(config).length} files and the folders are ours alone`)]),
    ...leftover(folders),
  ]
}

/** A fault that names a command carries it already. */
function fixOf(text: string): string {
  return /run: (chmod .*)$/.exec(text)?.[1] ?? "put it right, as docs/operate.md has it"
}

function folderFaults(what: string, path: string): readonly string[] {
  const problem = folderProblem(path)
  return problem === undefined ? [] : [`the ${what} ${path} ${problem}`]
}

function secretFiles({ folders, aws, listen, notices, backup }: Config): readonly (readonly [string, string])[] {
  const files: (readonly [string, string | null])[] = [
    ["root key", aws?.kms ? null : folders.rootKeyFile],
    ["TLS key", listen.tls?.keyFile ?? null],
    ["webhook secret", notices.webhook?.secretFile ?? null],
    ["backup passphrase", backup !== null && "passphraseFile" in backup ? backup.passphraseFile : null],
  ]
  return files.filter((one): one is readonly [string, string] => one[1] !== null)
}

/** Anything for others, or writable by the group: as the start has it (secret-file.ts). */
const TOO_OPEN = 0o027
/** A root key is its owner's alone. */
const OTHERS = 0o077

function fileFaults(what: string, path: string): readonly string[] {
  // A link is followed, as certbot and Kubernetes renew; a root key is none.
  const stat = (what === "root key" ? lstatSync : statSync)(path, { throwIfNoEntry: false })
  if (stat === undefined) return [`the ${what} ${path} is missing`]
  if (!stat.isFile()) return [`the ${what} ${path} is not a file`]
  if (what === "root key" && isCredential(stat)) return []
  const bits = what === "root key" ? OTHERS : TOO_OPEN
  return (stat.mode & bits) === 0 ? [] : [`the ${what} ${path} can be read by others; run: chmod 400 ${path}`]
}

function leftover({ setupTokenFile }: Config["folders"]): readonly Finding[] {
  if (setupTokenFile === null || statSync(setupTokenFile, { throwIfNoEntry: false }) === undefined) return []
  return [
    warn(
      "files",
      `a setup token lies in ${setupTokenFile}`,
      "make the first admin, or start without TYLER_SETUP_TOKEN_FILE",
    ),
  ]
}
