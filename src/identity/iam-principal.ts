/** Who AWS says has signed. */
export interface IamCaller {
  readonly arn: string
  /** 12 digits. */
  readonly account: string
}

const PARTITION = "(aws|aws-cn|aws-us-gov)"
const NAME = "[A-Za-z0-9_+=,.@-]{1,64}"
const PATH = "(?:[!-.0-~]{1,128}/){0,16}"

const BOUND = new RegExp(`^arn:${PARTITION}:iam::(\\d{12}):(role|user)/(${NAME})$`)
const WITH_PATH = new RegExp(`^arn:${PARTITION}:iam::(\\d{12}):(role|user)/${PATH}(${NAME})$`)
const ASSUMED = new RegExp(`^arn:${PARTITION}:sts::(\\d{12}):assumed-role/(${NAME})/${NAME}$`)
const USER = new RegExp(`^arn:${PARTITION}:iam::(\\d{12}):user/${PATH}(${NAME})$`)

/**
 * Of what a session is: account and role name, or account and user name. Names are unique in an account whatever their
 * path. The name of a role's session counts for nothing, because whoever assumes the role chooses it. Undefined: one
 * that is never bound, such as an account's root or a federated user, whose name was chosen by who made it.
 */
export function principalOf({ arn, account }: IamCaller): string | undefined {
  const role = ASSUMED.exec(arn)
  if (role?.[2] === account) return `arn:${role[1]}:iam::${account}:role/${role[3]}`
  const user = USER.exec(arn)
  if (user?.[2] === account) return `arn:${user[1]}:iam::${account}:user/${user[3]}`
  return undefined
}

/** Undefined: it can be bound. */
export function boundArnFault(text: string): string | undefined {
  if (BOUND.test(text)) return undefined
  const [, partition, account, kind, name] = WITH_PATH.exec(text) ?? []
  if (name !== undefined) return `must be without its path: arn:${partition}:iam::${account}:${kind}/${name}`
  return "must be arn:aws:iam::ACCOUNT:role/NAME or arn:aws:iam::ACCOUNT:user/NAME"
}
