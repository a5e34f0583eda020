import { parseArgs } from "node:util"
import { systemClock } from "../core/clock.ts"
import { systemRandom } from "../core/random.ts"
import type { Config } from "./config.ts"

type Run = (config: Config) => Promise<number>
type Asked = { readonly run: Run } | { readonly fault: string }

const HERE = { clock: systemClock, random: systemRandom }

/** The commands that keep data and key from being lost. What they need is loaded when they run. */
export function keepingCommand(command: "keys" | "backup" | "restore" | "new-backup-key", rest: string[]): Asked {
  return COMMANDS[command](rest)
}

const COMMANDS: Readonly<Record<"keys" | "backup" | "restore" | "new-backup-key", (rest: string[]) => Asked>> = {
  backup(rest) {
    const [folder] = rest
    if (folder === undefined || rest.length > 1 || folder.startsWith("-")) return { fault: "backup takes one folder" }
    return { run: async (config) => (await import("./backup.ts")).backupInto(config, folder, HERE, say) }
  },

  restore(rest) {
    const read = argsIn(rest, { identity: { type: "string" }, check: { type: "boolean" } })
    const [folder, more] = read?.positionals ?? []
    if (read === undefined || folder === undefined || more !== undefined)
      return { fault: "restore takes one folder, --identity FILE and --check" }
    const { identity = null, check = false } = read.values as { identity?: string; check?: boolean }
    const ask = { folder, identityFile: identity, check }
    return { run: async (config) => (await import("./restore.ts")).restore(config, ask, HERE, say) }
  },

  keys([word, ...rest]) {
    const read = argsIn(rest, { recipient: { type: "string", multiple: true }, confirm: { type: "string" } })
    const { recipient: recipients = [], confirm } = (read?.values ?? {}) as { recipient?: string[]; confirm?: string }
    const [file, more] = read?.positionals ?? []
    const exports = file !== undefined && more === undefined && recipients.length > 0 && confirm === undefined
    const confirms = file === undefined && recipients.length === 0 && confirm !== undefined
    if (word !== "escrow" || read === undefined || exports === confirms)
      return { fault: "keys escrow takes FILE and --recipient AGE, or --confirm DIGEST" }
    if (confirm !== undefined && !/^[0-9a-f]{64}$/.test(confirm))
      return { fault: "the digest is 64 hex digits, as sha256sum prints them" }
    if (confirm !== undefined) return { run: (config) => confirmEscrow(config, confirm) }
    const ask = { file: file ?? "", recipients }
    return { run: async (config) => (await import("./escrow.ts")).exportRootKey(config, ask, say) }
  },

  "new-backup-key"(rest) {
    const [file] = rest
    if (file === undefined || rest.length > 1 || file.startsWith("-")) return { fault: "new-backup-key takes one file" }
    return { run: async () => (await import("./new-backup-key.ts")).newBackupKey(file, say) }
  },
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>

function argsIn(rest: string[], options: Options) {
  try {
    return parseArgs({ args: rest, options, allowPositionals: true })
  } catch {
    return undefined
  }
}

async function confirmEscrow(config: Config, digest: string): Promise<number> {
  const { offline } = await import("./offline.ts")
  return offline(config, HERE.clock, HERE.random, async (on) => {
    await on.confirmEscrow(digest)
    return say("Confirmed, and on record: this root key can be had back")
  })
}

function say(line: string): number {
  process.stdout.write(`${line}\n`)
  return 0
}
