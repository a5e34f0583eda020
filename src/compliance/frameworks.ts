/** What others ask, by their own numbers: AICPA Trust Services Criteria (2017, points of focus 2022) and Regulation (EU) 2016/679. */
export interface Item {
  readonly framework: "SOC 2" | "GDPR"
  readonly item: string
  /** What it is about, in words of ours. */
  readonly about: string
  /** What no check of ours can see. */
  readonly duty: string
}

function item(framework: Item["framework"], name: string, about: string, duty: string): Item {
  return { framework, item: name, about, duty }
}

export const ITEMS = {
  "CC6.1": item(
    "SOC 2",
    "CC6.1",
    "logical access to protected information",
    "An inventory of what has to be protected, and who owns it.",
  ),
  "CC6.2": item(
    "SOC 2",
    "CC6.2",
    "accounts are authorised before they are made, and end when they should",
    "Joiners and leavers reach an admin in time.",
  ),
  "CC6.3": item(
    "SOC 2",
    "CC6.3",
    "rights by role, least privilege, duties apart",
    "Which roles people should have, and a review at set times.",
  ),
  "CC6.4": item("SOC 2", "CC6.4", "physical access", "Wholly the operator's, or the cloud provider's."),
  "CC6.5": item(
    "SOC 2",
    "CC6.5",
    "data is gone before its protection ends",
    "Disks, backups and copies elsewhere are destroyed.",
  ),
  "CC6.6": item(
    "SOC 2",
    "CC6.6",
    "threats from outside the boundary",
    "Firewalls, security groups and the network in front.",
  ),
  "CC6.7": item(
    "SOC 2",
    "CC6.7",
    "information that is moved or sent is protected",
    "What people do with a value once they have it.",
  ),
  "CC6.8": item(
    "SOC 2",
    "CC6.8",
    "unauthorised software is prevented or found",
    "The machine, its image and its updates.",
  ),
  "CC7.1": item(
    "SOC 2",
    "CC7.1",
    "changes that make it vulnerable are found",
    "Scans for vulnerabilities; doctor and this report are run at set times.",
  ),
  "CC7.2": item("SOC 2", "CC7.2", "anomalies are watched for", "Somebody reads the alarms."),
  "CC7.3": item("SOC 2", "CC7.3", "events are judged", "Who judges an alarm, and by when."),
  "CC7.4": item(
    "SOC 2",
    "CC7.4",
    "incidents are answered",
    "A plan that is practised; docs/runbooks is where it begins.",
  ),
  "CC7.5": item("SOC 2", "CC7.5", "recovery from incidents", "A restore that is tried now and then."),
  "Art. 5(1)(c)": item(
    "GDPR",
    "Art. 5(1)(c)",
    "no more data than needed",
    "Names and reasons that say no more than they must.",
  ),
  "Art. 5(1)(e)": item("GDPR", "Art. 5(1)(e)", "kept no longer than needed", "The periods, and their reasons."),
  "Art. 5(1)(f)": item("GDPR", "Art. 5(1)(f)", "integrity and confidentiality", "As for Art. 32."),
  "Art. 5(2)": item(
    "GDPR",
    "Art. 5(2)",
    "being able to show it",
    "Exports of the log and these reports are kept outside.",
  ),
  "Art. 15": item("GDPR", "Art. 15", "a person's access to the own data", "Answering within a month."),
  "Art. 17": item("GDPR", "Art. 17", "erasure", "Copies elsewhere: mirrors, exports, backups."),
  "Art. 25": item("GDPR", "Art. 25", "protection by design and by default", "The settings that this report judges."),
  "Art. 30": item(
    "GDPR",
    "Art. 30",
    "records of processing",
    "The record itself; docs/privacy.md says what is kept here.",
  ),
  "Art. 32(1)(a)": item(
    "GDPR",
    "Art. 32(1)(a)",
    "encryption and pseudonyms",
    "Keys and their escrow in the hands of different people.",
  ),
  "Art. 32(1)(b)": item(
    "GDPR",
    "Art. 32(1)(b)",
    "lasting confidentiality, integrity, availability",
    "Machines, networks and staff.",
  ),
  "Art. 32(1)(c)": item(
    "GDPR",
    "Art. 32(1)(c)",
    "access is restored in time after an incident",
    "A restore that is timed.",
  ),
  "Art. 32(1)(d)": item(
    "GDPR",
    "Art. 32(1)(d)",
    "measures are tested regularly",
    "This report at set times, and somebody who reads it.",
  ),
  "Art. 33": item(
    "GDPR",
    "Art. 33",
    "a breach is told within 72 hours",
    "Who tells the authority, and how it is found out whom it concerns.",
  ),
} as const satisfies Readonly<Record<string, Item>>

export type ItemName = keyof typeof ITEMS
