import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs"
import { StartFault } from "../core/start-fault.ts"

/** Anything for others, or writable by the group. The group may read: ssl-cert on Debian and fsGroup on Kubernetes do. */
const TOO_OPEN = 0o027

/** More than any key or certificate chain. */
const LONGEST = 1 << 20

/**
 * Opens once and judges the open file, so that what is judged is what is read. Symbolic links are followed: certbot and
 * Kubernetes renew through them. @param secret refuse what others may read. @throws StartFault naming variable and file
 */
export function readGuarded(variable: string, path: string, secret: boolean): Buffer {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    throw new StartFault(`${variable} ${path} cannot be opened`)
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new StartFault(`${variable} ${path} is not a file`)
    if (secret && (stat.mode & TOO_OPEN) !== 0) {
      throw new StartFault(`${variable} ${path} can be read by others or changed by its group; run: chmod 600 ${path}`)
    }
    if (stat.size > LONGEST) throw new StartFault(`${variable} ${path} is larger than ${LONGEST} bytes`)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}
