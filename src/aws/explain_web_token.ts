import { hint, rotateCommand } from "../model/hint.ts";
import type { RefusalRule } from "./refusal.ts";

const action = "GetWebIdentityToken";

/**
 * AWS's errors for requests for a token for another service.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 */
export const webTokenRefusals: readonly RefusalRule[] = [
  {
    codes: [
      "OutboundWebIdentityFederationDisabled",
      "OutboundWebIdentityFederationDisabledException",
    ],
    action,
    why: () => "the account does not allow identity tokens for other services",
    hint: () =>
      "an administrator enables them once per account: aws iam enable-outbound-web-identity-federation",
  },
  {
    codes: ["SessionDurationEscalation", "SessionDurationEscalationException"],
    action,
    why: () => "the token would be valid longer than the session that requests it",
    hint: () => hint`use a shorter --duration, or a new session: ${rotateCommand}`,
  },
  {
    codes: ["JWTPayloadSizeExceeded", "JWTPayloadSizeExceededException"],
    action,
    why: () => "the tags make the token too large",
    hint: () => "use fewer or shorter --tag options",
  },
  {
    codes: ["AccessDenied", "AccessDeniedException"],
    action,
    why: () => "this identity may not request identity tokens for other services",
    hint: () =>
      "allow sts:GetWebIdentityToken in its policies; conditions there may limit audience, duration and algorithm",
  },
];
