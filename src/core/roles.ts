/** The roles that are always there; whoever runs the service adds others as data. What each may do is policy's business. */
export const BUILT_IN_ROLES: Readonly<Record<string, string>> = {
  admin: "Administers people, programs, policies and keys",
  auditor: "Reads the audit log and explains decisions",
  dba: "Looks after databases",
  developer: "Builds applications",
  devops: "Runs applications",
  finance: "Keeps the books",
  hr: "Looks after employees",
  metrics: "Reads the numbers of the service",
}

export function isBuiltIn(role: string): boolean {
  return Object.hasOwn(BUILT_IN_ROLES, role)
}
