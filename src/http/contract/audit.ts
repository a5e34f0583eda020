import {
  AuditAnswer,
  AuditQuery,
  CheckpointAnswer,
  LogKeyAnswer,
  ProofAnswer,
  ProofQuery,
  SecretAuditAnswer,
  SecretAuditQuery,
} from "../../api/audit.ts"
import { SeenAnswer, SeenQuery } from "../../api/seen.ts"
import type { Contract } from "../contract.ts"

const NEWEST =
  "Newest first, 100 at a time unless `limit` (1 to 1,000) says otherwise; a day as `endDate` holds to its end."

export const auditContracts = {
  "GET /api/secrets/{name}/audit": { query: SecretAuditQuery, answers: { 200: SecretAuditAnswer }, note: NEWEST },
  "GET /api/audit": {
    query: AuditQuery,
    answers: { 200: AuditAnswer },
    note: `${NEWEST} \`user\` is an id or a name.`,
  },
  "GET /api/audit/seen": {
    query: SeenQuery,
    answers: { 200: SeenAnswer },
    refuses: ["not_found"],
    note: "For after a leak. `person` is a name or id of a person or program, or the id of an access key, which stands for what its holder has read since it was made; `since` a day or time; one of them at least. Versions newest first, each for every reader; one may come again on a later page. A page may have fewer than `limit`, even none, though there are more.",
  },
  "GET /api/audit/export": {
    answers: { 200: { media: "application/x-ndjson" } },
    note: "One entry a line between a header and a signed checkpoint: what `tyler audit verify` reads. spec/audit-log.md has the format.",
  },
  "GET /api/audit/checkpoint": { answers: { 200: CheckpointAnswer } },
  "GET /api/audit/key": { answers: { 200: LogKeyAnswer } },
  "GET /api/audit/proof": { query: ProofQuery, answers: { 200: ProofAnswer }, refuses: ["not_found"] },
} satisfies Record<string, Contract>
