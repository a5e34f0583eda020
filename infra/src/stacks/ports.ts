/** Not the usual ones: a rule that was written for some other store does not fit by chance. */
export const DATABASE_PORT = 5433
export const REDIS_PORT = 6380
