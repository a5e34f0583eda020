import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { knownIn } from "../../tools/known.ts"
import { anchorsOf, brokenLinks } from "../../tools/links.ts"
import { unknownNames } from "../../tools/names.ts"

const KNOWN = knownIn(join(import.meta.dirname, "../.."))

const GOOD = `
Run \`npm run demo\` or \`npx tyler keys rotate --retire\`; \`tyler run -- npm start --fast\`; \`tyler-server doctor\`.

    not code that is looked at: npm run nowhere

\`\`\`sh
printf %s "$V" | npx tyler set config/a --reason "why this is done"   # npm run check
DATABASE_URL=postgres://x tyler-server serve
\`\`\`

\`POST /api/secrets/config/test-secret/access\`, \`GET /api/audit?action=X\`, \`/api/ready\`, \`DELETE /api/sessions/{id}\`
answer 503 \`policy_tampered\`. \`SECRETS_RATE_LIMIT_*\`, \`TYLER_URL\`, \`ROW_TAMPERED\`, \`quotaUse\`, \`core/errors.ts\`,
\`test/conformance/\`.
`

test("what exists may be named", () => {
  assert.deepEqual(unknownNames("docs/a.md", GOOD, KNOWN), [])
})

const PLANTED: readonly (readonly [text: string, fault: string])[] = [
  ["`npm run nowhere`", "npm run nowhere is no script of package.json"],
  ["```sh\nnpm ci && npm run nowhere\n```", "npm run nowhere is no script of package.json"],
  ["`tyler frobnicate`", "tyler frobnicate is no command"],
  ["`npx tyler keys burn`", "tyler keys burn is no command"],
  ["```sh\ncat x | npx tyler set a --forever\n```", "tyler set has no option --forever"],
  ["`tyler-server rotate`", "tyler-server rotate is no command"],
  ["`TYLER_COLOUR`", "TYLER_COLOUR is no variable"],
  ["```sh\nDATABASE_URI=x npm start\n```", "DATABASE_URI is no variable"],
  ["`COLOUR_OF_LOGS=red`", "COLOUR_OF_LOGS is no variable"],
  ["`SECRETS_COLOUR_*`", "SECRETS_COLOUR_* is no variable"],
  ["`row_tempered`", "row_tempered stands nowhere in the sources"],
  ["`ROW_TEMPERED`", "ROW_TEMPERED stands nowhere in the sources"],
  ["`quotaMisuse`", "quotaMisuse stands nowhere in the sources"],
  ["it is 403 `policy_tampered`", "403 `policy_tampered` is not how that is answered"],
  ["it is 403 `no_such_code`", "403 `no_such_code` is not how that is answered"],
  ["`GET /api/secrets/a/access`", "GET /api/secrets/a/access is no route"],
  ["`/api/nowhere`", "/api/nowhere is no route"],
  ["`core/nowhere.ts`", "core/nowhere.ts is no file or folder"],
  ["`test/nowhere/`", "test/nowhere/ is no file or folder"],
]

for (const [text, fault] of PLANTED) {
  test(`planted: ${text.replaceAll("\n", " ")}`, () => {
    assert.ok(unknownNames("docs/a.md", text, KNOWN).includes(`docs/a.md: ${fault}`))
  })
}

function repository(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "tyler-docs-"))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, "docs"))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  return root
}

test("a link leads to a file, a folder or a heading, or is named", (t) => {
  const root = repository(t, {
    "a.md":
      "# One thing\n\n[b](docs/b.md) [folder](docs) [here](#one-thing) [there](docs/b.md#two-things-done) [out](https://x.example/#y)",
    "docs/b.md": "## Two *things*, `done`\n\n[up](../a.md)\n\n```\n[not](a-link.md)\n```\n",
    "docs/bad.md": "[gone](c.md) [gone too](../a.md#two) [here](#nothing) [out](../../etc/passwd) [folder](../docs#x)",
  })
  assert.deepEqual([...brokenLinks(root, "a.md"), ...brokenLinks(root, "docs/b.md")], [])
  assert.deepEqual(brokenLinks(root, "docs/bad.md"), [
    "docs/bad.md: the link to c.md leads to nothing",
    "docs/bad.md: the link to ../a.md#two names no heading",
    "docs/bad.md: the link to #nothing names no heading",
    "docs/bad.md: the link to ../../etc/passwd leaves the repository",
    "docs/bad.md: the link to ../docs#x names no heading",
  ])
})

test("repeated headings are numbered, and headings in code are none", () => {
  assert.deepEqual([...anchorsOf("# A b\n## A b\n```\n# C\n```\n### [D](x.md): E!\n")], ["a-b", "a-b-1", "d-e"])
})
