import { type ChildProcess, spawn } from "node:child_process"
import { chownSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Image } from "./image-root.ts"

/**
 * In a mount namespace of its own: the root may not be written, of `/proc` only processes are seen, volumes are folders
 * beside the root. What is run has the image's user and no variable but those given.
 */
const CONTAIN = `set -e
root=$1 volumes=$2 user=$3 workdir=$4
shift 4
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc -o subset=pid,hidepid=invisible proc "$root/proc"
mount --bind /dev "$root/dev"
mount -o remount,bind,ro "$root"
for volume in data mirror; do mount --bind "$volumes/$volume" "$root/$volume"; done
exec chroot --userspec="$user" "$root" "$@"
`

/** @param volumes holds what `/data` and `/mirror` are; made as an engine does, with the image's owner */
export function runContained(
  image: Image,
  volumes: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const { uid, gid } = image.user
  for (const name of ["data", "mirror"]) {
    mkdirSync(join(volumes, name), { recursive: true, mode: 0o700 })
    chownSync(join(volumes, name), uid, gid)
  }
  const inside = [image.root, volumes, `${uid}:${gid}`, image.workdir, ...argv]
  return spawn("unshare", ["--mount", "/bin/sh", "-c", CONTAIN, "contain", ...inside], {
    env: { ...image.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
}
