import { DAY_MS } from "../../core/clock.ts"
import { fault, type Look, ok, warn } from "../finding.ts"
import { LIMITS, type Observed } from "../observed.ts"
import { evidence } from "../evidence.ts"

export function valuesSealed({ keys, deployment, trail }: Observed): Look {
  const { sealed, unsealed } = keys
  const where = deployment.values === "database" ? "in the database" : "in AWS Secrets Manager"
  const figure = `versions sealed ${where}, each under a data key of its own: ${sealed}; kept as they are: ${unsealed}`
  const entries = evidence(trail, "CREATE", "UPDATE")
  if (deployment.values === "aws_native" || unsealed > 0)
    return warn(
      `${figure}: what is not sealed here is encrypted by AWS's own KMS only, and readable to whoever may call GetSecretValue there`,
      "set ENABLE_SECRET_ENCRYPTION=true and write those values anew, if no integration of AWS needs them",
      entries,
    )
  return ok(figure, entries)
}

export function rootKeyHeld({ keys, deployment, trail }: Observed): Look {
  if (keys.root === "kms") return ok("the keyring is wrapped by a key in AWS KMS, which never leaves it")
  const entries = evidence(trail, "KEY_ESCROW_CONFIRMED")
  if (keys.escrow === "missing") {
    const figure = "the keyring is wrapped by a root key file, and nobody has shown that the key can be had back"
    const fix = "run tyler-server keys escrow, or move the root key into KMS with KMS_KEY_ID"
    return deployment.environment === "production" ? fault(figure, fix) : warn(figure, fix)
  }
  return warn(
    "the keyring is wrapped by a root key file, not by KMS; its escrow was opened and confirmed",
    "set KMS_KEY_ID and run tyler keys rotate-root, where KMS is asked for",
    entries,
  )
}

export function keysRenewed({ keys, at, trail }: Observed): Look {
  const keks = keys.rows.filter(({ purpose }) => purpose === "kek")
  const active = keks.find(({ state }) => state === "active")
  const days = Math.floor((at - (active?.createdAt ?? at)) / DAY_MS)
  const retiring = keks.length - (active === undefined ? 0 : 1)
  const figure = `key-encryption key ${days} days old, ${retiring} older ones not destroyed yet`
  const entries = evidence(trail, "KEY_ROTATE", "KEY_RETIRE", "ROOT_KEY_ROTATE")
  if (active === undefined) return fault("there is no active key-encryption key", "restore a backup")
  if (days > LIMITS.keyDays) return warn(figure, "run tyler keys rotate", entries)
  return ok(figure, entries)
}
