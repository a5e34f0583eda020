import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { after, test } from "node:test"
import { ALARMS } from "../../src/alarm/table.ts"
import { parseExposition } from "../kit/exposition.ts"
import { openStage } from "../kit/stage.ts"

const docs = (path: string): string => readFileSync(new URL(`../../docs/${path}`, import.meta.url), "utf8")
const rules = docs("prometheus-alerts.yaml")

test("each alarm has its runbook, and each runbook its alarm", () => {
  const books = readdirSync(new URL("../../docs/runbooks/", import.meta.url)).map((name) => name.replace(/\.md$/, ""))
  assert.deepEqual(books.toSorted(), ALARMS.map(({ runbook }) => runbook).toSorted())
  for (const { name, runbook } of ALARMS) {
    const text = docs(`runbooks/${runbook}.md`)
    assert.ok(text.includes(`\`${name}\``), runbook)
    for (const part of ["**Who acts.** ", "## What to look at\n", "## How to close it\n"])
      assert.ok(text.includes(part), `${runbook}: ${part}`)
  }
})

test("each alarm that Prometheus can watch has its rule, with the link", () => {
  const watched = ALARMS.filter(({ sides }) => sides.includes("prometheus"))
  assert.deepEqual(
    [...rules.matchAll(/^ {6}- alert: (\S+)$/gm)].map(([, name]) => name),
    watched.map(({ name }) => name),
  )
  for (const { runbook } of watched) assert.ok(rules.includes(`runbook: "docs/runbooks/${runbook}.md"`))
})

test("what the rules ask for is there from the first scrape on, so that the first event is growth", async () => {
  const stage = await openStage({})
  after(() => stage.close())
  await stage.server.runJobs()
  const shown = parseExposition((await stage.admin.get("/metrics")).text)
  const asked = [...rules.matchAll(/\b(tyler_[a-z_]+)(?:\{(.*?)\})?/g)].map(([, name = "", labels = ""]) => ({
    name,
    labels: labels
      .replaceAll('\\"', '"')
      .split(",")
      .filter((label) => label !== ""),
  }))
  assert.ok(asked.length >= 14)
  for (const { name, labels } of asked) {
    // Known only where there is a mirror of entries.
    if (name === "tyler_mirror_entries_waiting") continue
    const found = [...(shown.get(name)?.samples.keys() ?? [])].filter((set) =>
      labels.every((label) => set.includes(label)),
    )
    assert.ok(found.length > 0, `${name} ${labels.join()}`)
  }
  const deletions = [...(shown.get("tyler_secret_operation_total")?.samples ?? [])].filter(([set]) =>
    set.includes('"DELETE"'),
  )
  assert.equal(deletions.length, 18)
  assert.ok(deletions.every(([, value]) => value === 0))
})
