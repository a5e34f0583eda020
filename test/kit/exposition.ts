import assert from "node:assert/strict"

export interface Metric {
  readonly type: string
  readonly help: string
  /** Value by label text, `{a="b"}` or empty. */
  readonly samples: ReadonlyMap<string, number>
}

const LABELS = /^\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\}$/
const NUMBER = /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?$/

/**
 * Prometheus text format 0.0.4, read strictly: HELP, TYPE and then the samples of one metric, each metric and each
 * series once, names and labels in their alphabets, finite numbers, one line feed at the end.
 */
export function parseExposition(text: string): ReadonlyMap<string, Metric> {
  const metrics = new Map<string, Metric>()
  assert.ok(text.endsWith("\n") && !text.endsWith("\n\n"), "ends in one line feed")
  const lines = text.slice(0, -1).split("\n")
  while (lines.length > 0) {
    const [, name = "", help = ""] = /^# HELP ([a-z][a-z0-9_]*) ([^\\]+)$/.exec(lines.shift() ?? "") ?? []
    assert.ok(name !== "" && !metrics.has(name), `HELP of a new metric, not ${name}`)
    const [, type = ""] = new RegExp(`^# TYPE ${name} (counter|gauge)$`).exec(lines.shift() ?? "") ?? []
    assert.ok(type !== "", `TYPE of ${name}`)
    assert.equal(name.endsWith("_total"), type === "counter", `${name} is a ${type}`)
    const samples = new Map<string, number>()
    while (lines[0]?.startsWith("#") === false) {
      const line = lines.shift() ?? ""
      const space = line.lastIndexOf(" ")
      const series = line.slice(0, space)
      const labels = series.slice(name.length)
      assert.ok(series.startsWith(name) && (labels === "" || LABELS.test(labels)), line)
      assert.match(line.slice(space + 1), NUMBER, line)
      assert.ok(!samples.has(labels), `${series} twice`)
      samples.set(labels, Number(line.slice(space + 1)))
    }
    assert.ok(samples.size > 0, `${name} without samples`)
    metrics.set(name, { type, help, samples })
  }
  return metrics
}
