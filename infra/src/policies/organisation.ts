/** What one installation asks its organisation to hold everybody to. */
export interface Guarded {
  /** `arn:aws:secretsmanager:REGION:ACCOUNT:secret:PREFIX/*` */
  readonly secrets: string
  readonly endpointId: string
  readonly breakGlassArn: string
}

/**
 * A resource control policy: nobody in the organisation, an administrator of this account included, gets a value but
 * through the endpoint. Exempt are the break-glass role, and services of AWS that act for somebody, who would have no
 * endpoint. It belongs to the organisation's management account, and so to no stack here.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
 */
export function organisationPolicy({ secrets, endpointId, breakGlassArn }: Guarded): object {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "OutsideEndpointNever",
        Effect: "Deny",
        Principal: "*",
        Action: ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"],
        Resource: secrets,
        Condition: {
          StringNotEquals: { "aws:SourceVpce": endpointId },
          ArnNotEquals: { "aws:PrincipalArn": breakGlassArn },
          BoolIfExists: { "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false" },
        },
      },
    ],
  }
}
