import { existsSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"

/** One line for each link of a document that leads nowhere in the repository. Links to other sites are not followed. */
export function brokenLinks(root: string, file: string): readonly string[] {
  const text = withoutCode(readFileSync(join(root, file), "utf8"))
  return [...text.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    const fault = /^[a-z]+:/.test(target) ? undefined : faultOf(root, file, target)
    return fault === undefined ? [] : [`${file}: the link to ${target} ${fault}`]
  })
}

function faultOf(root: string, file: string, target: string): string | undefined {
  const [path = "", anchor] = target.split("#")
  const found = path === "" ? join(root, file) : join(root, dirname(file), path)
  if (relative(root, found).startsWith("..")) return "leaves the repository"
  if (!existsSync(found)) return "leads to nothing"
  if (anchor === undefined) return undefined
  if (statSync(found).isDirectory() || !anchorsOf(readFileSync(found, "utf8")).has(anchor)) return "names no heading"
  return undefined
}

/** The anchors that GitHub gives to headings: lower case, punctuation gone, blanks as hyphens, repeats numbered. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ""] of withoutFences(text).matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    const anchor = plain
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-")
    let name = anchor
    for (let again = 1; anchors.has(name); again++) name = `${anchor}-${again}`
    anchors.add(name)
  }
  return anchors
}

function withoutFences(text: string): string {
  return text.replace(/^```[^\n]*\n[\s\S]*?^```/gm, "")
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`[^`\n]+`/g, "")
}
