import { spawn } from "node:child_process"

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a program to its end. @param env all of its environment but PATH */
export function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "",
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { PATH: process.env["PATH"] ?? "", ...env } })
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk))
    child.on("error", reject)
    child.on("close", (code) =>
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    )
    child.stdin.end(input)
  })
}
