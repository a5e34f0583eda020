import { describe } from "node:test"
import { pathToFileURL } from "node:url"
// First, and by name: a hook of theirs is then the whole process's, and what they wait for is there before a test file needs
// it. A file that waits for a module that another one waits for too would get its tests into that one's suite.
import "../test/backup/site.ts"
import "../test/kit/aws-store.ts"
import "../test/kit/engine.ts"
import "../test/kit/redis.ts"

/** Several test files in this one process, each a suite of its own, so that its hooks are its own too. */
for (const file of process.argv.slice(2))
  describe(file, async () => {
    await import(pathToFileURL(file).href)
  })
