/**
 * The one request by which AWS says who signed it. Caller and server write it alike, so nothing of it travels but its
 * signature. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const IAM_BODY = "Action=GetCallerIdentity&Version=2011-06-15"
/** SHA-256 of the body, hex. */
export const IAM_BODY_HASH = "ab821ae955788b0e33ebd34c208442ccfc2d406e2edc5e7a39bd6458fbb4f843"
export const IAM_CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
/** Signed with the rest: a signature that was made for another server is none here. */
export const SERVER_ID_HEADER = "x-tyler-server-id"

/** Where the STS of a Region answers. A global endpoint is never used: its signatures hold in every Region. */
export function stsOrigin(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`
}
