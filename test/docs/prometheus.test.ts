import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"
import { type Alarm, ALARMS } from "../../src/alarm/table.ts"
import { PROCESS_METRICS, SECURITY_METRICS } from "../../src/telemetry/security-metrics.ts"
import { temporaryFolder } from "../kit/server.ts"

/** The rules as Prometheus' own program reads them and runs them, over series that are made from the table. */

const RULES = fileURLToPath(new URL("../../docs/prometheus-alerts.yaml", import.meta.url))
const there = spawnSync("promtool", ["--version"]).status === 0
const required = (process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("promtool")
const skip = there || required ? false : "promtool"

const folder = temporaryFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

function promtool(...args: readonly string[]): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" })
  return { code: status, said: `${stdout}${stderr}` }
}

const WATCHED = ALARMS.filter(({ sides }) => sides.includes("prometheus"))

/** Seconds between two scrapes, and two evaluations. */
const STEP = 20
/** Until then nothing has happened, and for so long a rule that counts looks back. */
const QUIET = 600
const WINDOW = 300

/** Values of one series: each for so many seconds, in promtool's own spelling. */
const held = (...stretches: readonly (readonly [value: number, seconds: number])[]): string =>
  stretches.map(([value, seconds]) => `${value}x${seconds / STEP - 1}`).join(" ")

interface Case {
  readonly about: string
  readonly series: Readonly<Record<string, string>>
  /** Whether the alarm fires then, by seconds. */
  readonly fires: Readonly<Record<number, boolean>>
}

function casesOf(alarm: Alarm): readonly Case[] {
  const { watch, threshold } = alarm
  if (watch.by === "events") throw new Error(`${alarm.name} watches events`)
  if (watch.by === "own" && PROCESS_METRICS[watch.metric].shows === "level")
    return lasting(PROCESS_METRICS[watch.metric].prometheus, threshold)
  if (alarm.comparison === "<") return silent(PROCESS_METRICS[watch.metric as "Heartbeat"].prometheus)
  if (watch.by === "own") return counted(PROCESS_METRICS[watch.metric].prometheus, {}, threshold)
  const { prometheus } = SECURITY_METRICS[watch.metric]
  return watch.by === "actor" ? counted(prometheus, {}, 0) : counted(prometheus, watch.dimensions, threshold)
}

/** `increase` stretches what it sees to the window, by a fifteenth here in newer versions: a tenth below is below. */
function counted(metric: string, labels: Readonly<Record<string, string>>, limit: number): readonly Case[] {
  const selected = (instance: string, over: object = {}): string =>
    `${metric}{${Object.entries({ ...labels, ...over, instance })
      .map(([name, value]) => `${name.toLowerCase()}="${value}"`)
      .join()}}`
  const jump = (to: number): string => held([0, QUIET], [to, 2 * WINDOW])
  const below = limit - Math.ceil(limit / 10)
  const others = Object.keys(labels).map((name): [string, string] => [
    selected("a", { [name]: "ANOTHER" }),
    jump(9_999),
  ])
  return [
    {
      about: "below its limit, and of others any number",
      series: { [selected("a")]: jump(below), ...Object.fromEntries(others) },
      fires: { [QUIET]: false, [QUIET + 100]: false, [QUIET + WINDOW]: false },
    },
    {
      about: "beyond it, over two processes, until it is forgotten",
      series: { [selected("a")]: jump(below), [selected("b")]: jump(limit + 1 - below) },
      fires: {
        [QUIET - STEP]: false,
        [QUIET]: true,
        [QUIET + WINDOW - 2 * STEP]: true,
        [QUIET + WINDOW + STEP]: false,
      },
    },
  ]
}

function lasting(metric: string, limit: number): readonly Case[] {
  const [a, b] = [`${metric}{instance="a"}`, `${metric}{instance="b"}`]
  return [
    {
      about: "at its limit for ever",
      series: { [a]: held([limit, 2 * QUIET]) },
      fires: { [QUIET]: false, [2 * QUIET - STEP]: false },
    },
    {
      about: "of one process, beyond it for five minutes and not for less",
      series: { [a]: held([limit, 2 * QUIET]), [b]: held([0, QUIET], [limit + 1, 320], [0, 200]) },
      fires: { [QUIET + WINDOW - STEP]: false, [QUIET + WINDOW]: true, [QUIET + 320]: false },
    },
  ]
}

function silent(metric: string): readonly Case[] {
  const beats = `0+1x${QUIET / STEP}`
  return [
    { about: "no series at all", series: {}, fires: { 0: true, [QUIET]: true } },
    {
      about: "of two processes one beats, then none",
      series: {
        [`${metric}{instance="a"}`]: held([7, 2 * QUIET]),
        [`${metric}{instance="b"}`]: `${beats} ${QUIET / STEP}x60`,
      },
      fires: { [3 * STEP]: false, [QUIET]: false, [QUIET + 180]: false, [QUIET + WINDOW + STEP]: true },
    },
  ]
}

test("promtool reads every rule", { skip }, () => {
  const { code, said } = promtool("check", "rules", RULES)
  assert.equal(code, 0, said)
  assert.match(said, new RegExp(`SUCCESS: ${WATCHED.length} rules found`))
})

test("promtool sees each alert fire beyond its limit, and not before", { skip }, () => {
  const tests = WATCHED.flatMap((alarm) =>
    casesOf(alarm).map(({ about, series, fires }) => ({
      name: `${alarm.name}: ${about}`,
      interval: `${STEP}s`,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: Object.entries(fires).map(([seconds, so]) => ({
        eval_time: `${seconds}s`,
        alertname: alarm.name,
        exp_alerts: so
          ? [{ exp_annotations: { summary: alarm.text, runbook: `docs/runbooks/${alarm.runbook}.md` } }]
          : [],
      })),
    })),
  )
  assert.equal(tests.length, 2 * WATCHED.length)
  const file = join(folder, "tests.yaml")
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: `${STEP}s`, tests }))
  const { code, said } = promtool("test", "rules", file)
  assert.equal(code, 0, said)
})
