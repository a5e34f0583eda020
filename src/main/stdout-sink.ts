import { emfLines, type MetricSink, SinkFault } from "../telemetry/sink.ts"

/** EMF lines among what the process prints; an agent that reads containers' output carries them to CloudWatch. */
export function stdoutSink(namespace: string): MetricSink {
  return {
    async send(reading) {
      const text = emfLines(namespace, reading).map((line) => `${line}\n`)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      // Waited for: a reader that hangs fills the bounded queue and not the memory.
      process.stdout.write(text.join(""), (fault) => (fault ? reject(new SinkFault("unwritable")) : resolve()))
      return promise
    },
    close: () => undefined,
  }
}
