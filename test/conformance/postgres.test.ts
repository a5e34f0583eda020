import { test } from "node:test"
import { appendOnlyConformance } from "./append-only.ts"
import { ledgerConformance } from "./ledger.ts"
import { openPostgres, postgresAnswers } from "./postgres-database.ts"
import { readerConformance } from "./reader.ts"

if (await postgresAnswers()) {
  const postgres = { name: "PostgreSQL", open: openPostgres }
  ledgerConformance(postgres)
  readerConformance(postgres)
  appendOnlyConformance(postgres)
} else test("conformance on PostgreSQL", { skip: "postgres" }, () => undefined)
