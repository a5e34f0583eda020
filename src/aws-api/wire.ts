/**
 * Largest body, in bytes: a value of 65,536 bytes as base64 or with every character escaped once, and room for the rest.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export const AWS_BODY_LIMIT = 204_800

/** AWS JSON 1.1 (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html): one path, the target says what. */
export const AWS_MEDIA = "application/x-amz-json-1.1"
