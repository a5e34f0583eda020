/**
 * `NAME='value'` as dotenv, docker compose and a POSIX shell all read it, or undefined: there is no such quoting for text
 * that holds a single quote together with `"`, `\`, `$` or a backtick, nor for one with a carriage return or NUL.
 */
export function dotenvLine(variable: string, value: string): string | undefined {
  if (/[\r\0]/.test(value)) return undefined
  if (!value.includes("'")) return `${variable}='${value}'\n`
  return /["\\$`]/.test(value) ? undefined : `${variable}="${value}"\n`
}
