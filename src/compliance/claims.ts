/** The checklist of the implementation guide, claim by claim, in its own words and order. */
export interface Claim {
  readonly text: string
  /** What remains the operator's to do: no check of ours sees it. */
  readonly duty: string
}

export const CLAIMS = [
  {
    text: "All secrets encrypted at rest using KMS",
    duty: "Encrypt the disks and backups too. Where a root key file is used, keep its escrow with another person; where KMS is used, keep the key's policy and deletion window.",
  },
  {
    text: "All secrets encrypted in transit using TLS 1.3",
    duty: "Renew the certificate. Where a proxy ends TLS, its settings are yours, and so is the network behind it.",
  },
  {
    text: "Comprehensive audit logging for all operations",
    duty: "Keep the log's key and exports where the server cannot write, and verify them. Protect the mirrors; CloudTrail records what is done in AWS past this service.",
  },
  {
    text: "Role-based access control implemented",
    duty: "Decide who needs which role, tell of joiners and leavers, review at set times.",
  },
  {
    text: "Secret rotation capability",
    duty: "Set schedules, and rotate what only people can rotate.",
  },
  {
    text: "Recovery window for deleted secrets",
    duty: "Take backups to another place and try a restore.",
  },
  {
    text: "CloudWatch monitoring and alerting",
    duty: "Somebody reads the alarms and knows the runbooks. Watch the heartbeat from outside.",
  },
  {
    text: "Rate limiting on secret access",
    duty: "Limit connections in front of the service; rate limits are each replica's own.",
  },
  {
    text: "MFA support for sensitive secrets",
    duty: "Mark what is sensitive: put it under rows that ask for a second factor.",
  },
  {
    text: "Versioning for all secrets",
    duty: "Roll the applications that use a value, not the value alone.",
  },
  {
    text: "Secure key management with AWS KMS",
    duty: "Who administers the KMS key is not who uses it. Without KMS, the root key file is yours to guard.",
  },
  {
    text: "Network isolation with VPC endpoints",
    duty: "Endpoints, their policies and security groups are made with the network; this only sees where names lead.",
  },
  {
    text: "Compliance with SOC 2 and GDPR requirements",
    duty: "Both ask for an organisation, not for a program. An auditor decides; this report supports the items of the mapping below.",
  },
] as const satisfies readonly Claim[]
